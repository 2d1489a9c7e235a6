package build

import (
	"cmp"
	"errors"
	"strings"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// load reads the manifests at the start.
func (b *builder) load(list []wire.Manifest) {
	b.objects = objects.New(b.spec.Kinds())
	for _, m := range list {
		set, ok := b.read(m)
		if !ok {
			continue
		}
		b.take(set, m.At)
	}
}

// read reads the manifests of one entry.
func (b *builder) read(m wire.Manifest) (*manifest.Set, bool) {
	if b.broken(m.At) {
		return nil, false // which was said
	}
	if m.Inline != nil {
		set, err := manifest.Inline(b.File, b.lines.At(m.At), m.Inline, b.manifests)
		var no manifest.NoObject
		if errors.As(err, &no) {
			b.fault(m.At, "must be an object: %s", no)
		} else if err != nil {
			b.AddError(err)
		}
		return set, err == nil
	}
	path, options := m.Path, b.manifests
	if m.Chart != nil {
		path, options.Namespace = m.Chart.Chart, cmp.Or(m.Chart.Namespace, options.Namespace)
		var err error
		if options.Chart, err = m.Chart.Options(b.File, b.path, options.Files); err != nil {
			b.fault(m.At+".chart", "%s", err)
			return nil, false
		}
	}
	set, err := manifest.Read([]string{b.path(path)}, options)
	if err == nil {
		return set, true
	}
	faults := wire.AsErrors(err)
	if text, is := strings.CutPrefix(faults[0].File, "--set-values "); is {
		b.fault(m.At+".setValues", "%s, got %.80q", faults[0].Message, text)
		return nil, false
	}
	ofPath := faults[0].File == b.path(path) || path == manifest.Stdin // and not of what is there
	if len(faults) == 1 && ofPath && faults[0].Line == 0 && faults[0].Field == "" {
		b.fault(m.At, "must be a file or a folder of manifests, got %.80q: %s", path, faults[0].Message)
		return nil, false
	}
	b.AddError(faults)
	return nil, false
}

// take puts what was read into the Spec.
func (b *builder) take(set *manifest.Set, at string) {
	for _, o := range set.Objects {
		if place, twice := b.objects.Add(o); twice {
			b.Add(o.Source.Lines.Of("metadata.name"), "metadata.name", "%s: must be unique, stands at %s too",
				objects.NameOf(o.Object), place)
		}
		b.spec.Objects = append(b.spec.Objects, o.Object)
	}
	b.routed, b.hooked = append(b.routed, set.Routed...), append(b.hooked, set.Hooked...)
	addNodes(b.spec, set.Nodes)
	b.spec.Ignored = append(b.spec.Ignored, set.Ignored...)
}

func runtimeObjects(list []manifest.Object) []runtime.Object {
	objects := make([]runtime.Object, len(list))
	for i, o := range list {
		objects[i] = o.Object
	}
	return objects
}

// bytes is the text of a file, or of an object in place.
func (b *builder) bytes(m *wire.Manifest) ([]byte, error) {
	if m.Chart != nil {
		return nil, errors.New("must be a path or an object, got a chart")
	}
	if m.Inline == nil {
		return b.manifests.Files.Read(b.path(m.Path))
	}
	var object any
	if err := m.Inline.Decode(&object); err != nil {
		return nil, err
	}
	return yaml.Marshal(object)
}
