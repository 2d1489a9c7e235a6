package objects

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Index finds the objects of the manifests by name.
type Index struct {
	Kinds  *kinds.Table
	ByName map[cluster.ObjectRef]manifest.Object
	Order  []cluster.ObjectRef // as they were read

	making []Template // of the objects that make pods
	pods   selection.Index[Template]
	later  []Template // of those that steps give such objects
}

// New is an index without objects, of the kinds of a table.
func New(table *kinds.Table) Index {
	return Index{Kinds: table, ByName: map[cluster.ObjectRef]manifest.Object{}}
}

// Ref names an object.
func Ref(kind, namespace, name string) cluster.ObjectRef {
	return cluster.ObjectRef{Kind: kind, NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

// RefOf is the name of an object.
func RefOf(o runtime.Object) cluster.ObjectRef {
	m, err := apimeta.Accessor(o)
	if err != nil {
		return cluster.ObjectRef{} // every object of a manifest has metadata
	}
	return Ref(o.GetObjectKind().GroupVersionKind().Kind, m.GetNamespace(), m.GetName())
}

// AnnotationsOf are those of an object.
func AnnotationsOf(o runtime.Object) map[string]string {
	if m, err := apimeta.Accessor(o); err == nil {
		return m.GetAnnotations()
	}
	return nil // every object of a manifest has metadata
}

// NameOf is "Kind namespace/name".
func NameOf(o runtime.Object) string {
	r := RefOf(o)
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// Add takes in an object, and returns where the object stands already.
func (x *Index) Add(o manifest.Object) (place string, twice bool) {
	r := RefOf(o.Object)
	if first, known := x.ByName[r]; known {
		return fmt.Sprintf("%s:%d", first.Source.File, first.Source.Lines.Of("kind")), true
	}
	x.ByName[r] = o
	x.Order = append(x.Order, r)
	if t, makes := x.TemplateOf(o); makes {
		x.making = append(x.making, t)
		x.pods.Add(r.Namespace, t.Labels, t)
	}
	return "", false
}

// Template is the pods that an object makes.
type Template struct {
	Ref    cluster.ObjectRef
	Labels map[string]string
	Spec   *v1.PodSpec
	Ends   bool // by themselves, as those of a Job are to
}

// Key is namespace/Kind/name.
func (t Template) Key() string { return t.Ref.Namespace + "/" + t.Ref.Kind + "/" + t.Ref.Name }

// Templates lists the objects that make pods, in the order of the manifests.
func (x *Index) Templates() []Template { return x.making }

// EveryTemplate goes over those that later steps give the same objects, too.
func (x *Index) EveryTemplate(yield func(Template) bool) {
	for _, list := range [][]Template{x.making, x.later} {
		for _, t := range list {
			if !yield(t) {
				return
			}
		}
	}
}

// Change takes in an object that a later step applies in the place of one.
func (x *Index) Change(o manifest.Object) {
	if t, makes := x.TemplateOf(o); makes {
		x.later = append(x.later, t)
	}
}

// TemplateOf is the pods that an object makes, or is.
func (x *Index) TemplateOf(o manifest.Object) (t Template, makes bool) {
	of, spec := x.Kinds.PodsOf(o.Object)
	if spec == nil {
		return t, false
	}
	return Template{RefOf(o.Object), of.Labels, spec, x.Kinds.Of(o.Object).EndsByItself}, true
}

// Services lists the Services, in the order of the manifests.
func (x *Index) Services() []*v1.Service {
	var list []*v1.Service
	for _, r := range x.Order {
		if s, is := x.ByName[r].Object.(*v1.Service); is {
			list = append(list, s)
		}
	}
	return list
}

// Selected lists the templates whose pods a Service selects.
func (x *Index) Selected(s *v1.Service) []Template {
	if len(s.Spec.Selector) == 0 {
		return nil
	}
	return x.pods.Matching(s.Namespace, labels.SelectorFromSet(s.Spec.Selector))
}

// ClusterScoped reports whether objects of a kind have no namespace.
func (x *Index) ClusterScoped(kind string) bool {
	k := x.Kinds.Named(kind)
	return k != nil && k.ClusterScoped
}

// Key is namespace/Kind/name or Kind/name of a workload, whatever kubectl calls the kind.
func (x *Index) Key(of string) string {
	if namespace, rest, found := strings.Cut(of, "/"); found && strings.Contains(rest, "/") {
		return namespace + "/" + x.Kinds.Canonical(rest)
	}
	return x.Kinds.Canonical(of)
}

// Find resolves "Kind/name". The error says "must …, got …".
func (x *Index) Find(target, namespace string) (cluster.ObjectRef, error) {
	target = x.Kinds.Canonical(target)
	kind, name, found := strings.Cut(target, "/")
	if !found || kind == "" || name == "" {
		return cluster.ObjectRef{}, fmt.Errorf("must be Kind/name, got %.80q", target)
	}
	r := Ref(kind, namespace, name)
	if _, known := x.ByName[r]; known {
		return r, nil
	}
	for _, other := range x.Order {
		if other.Kind == kind && other.Name == name {
			return cluster.ObjectRef{}, NotThere("must name an object of namespace %s, got %q, which is in namespace %s",
				namespace, target, other.Namespace)
		}
	}
	if kind == "Node" {
		return cluster.ObjectRef{}, NotThere("must name an object of the manifests, got %.80q; nodes go by nodeRemove",
			target)
	}
	return cluster.ObjectRef{}, NotThere("must name an object of the manifests, got %.80q%s", target,
		x.Near(target, namespace))
}

// FindIn is Find that also takes Kind/namespace/name.
func (x *Index) FindIn(target, namespace string) (cluster.ObjectRef, error) {
	if kind, key, _ := strings.Cut(target, "/"); strings.Contains(key, "/") {
		space, name, _ := strings.Cut(key, "/")
		if strings.Contains(name, "/") {
			return cluster.ObjectRef{}, fmt.Errorf("must be Kind/name or Kind/namespace/name, got %.80q", target)
		}
		return x.Find(kind+"/"+name, space)
	}
	return x.Find(target, namespace)
}

// Near is a question for the objects, of one of the kinds if any are given, that
// an unknown target may stand for; "" when there are none.
func (x *Index) Near(target, namespace string, of ...string) string {
	var objects []string
	for _, r := range x.Order {
		if len(of) == 0 || slices.Contains(of, r.Kind) {
			objects = append(objects, r.Kind+"/"+r.Namespace+"/"+r.Name)
		}
	}
	found := wire.NearObjects(target, objects)
	if len(found) == 0 {
		return ""
	}
	for i, object := range found {
		kind, key, _ := strings.Cut(object, "/")
		if name, own := strings.CutPrefix(key, namespace+"/"); own {
			found[i] = kind + "/" + name
		}
	}
	return fmt.Sprintf("; did you mean %s?", strings.Join(found, " or "))
}

// FindPod is Find that also takes a pod of a StatefulSet, Pod/name-ordinal.
func (x *Index) FindPod(target, namespace string) (cluster.ObjectRef, error) {
	target = x.Kinds.Canonical(target)
	r, err := x.Find(target, namespace)
	name, isPod := strings.CutPrefix(target, "Pod/")
	i := strings.LastIndex(name, "-")
	if err == nil || !isPod || i < 0 {
		return r, err
	}
	if _, number := strconv.ParseUint(name[i+1:], 10, 31); number != nil {
		return r, err
	}
	if _, known := x.ByName[Ref("StatefulSet", namespace, name[:i])]; known {
		return Ref("Pod", namespace, name), nil
	}
	return r, err
}

// Missing is an error about what is named and is not there.
type Missing string

func (m Missing) Error() string { return string(m) }

// NotThere makes one of them.
func NotThere(format string, arguments ...any) error {
	return Missing(fmt.Sprintf(format, arguments...))
}
