package manifest

import (
	"crypto/sha256"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	v1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/plain"
	"github.com/kube-rehearse/rehearse/scenarios/render"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Source is where an object was declared.
type Source struct {
	File  string
	Lines Lines
}

// Object is a defaulted and validated object of a version that the engine
// takes.
type Object struct {
	runtime.Object
	Source Source
	// Unsimulated are its fields that a real cluster acts on and the simulation does
	// not.
	Unsimulated []record.Ignored

	live bool // it was read from a cluster
}

// Set is what was read from some files.
type Set struct {
	Objects []Object
	Nodes   []*v1.Node
	Ignored []record.Ignored
	// Routed are the Services that Ingresses and routes lead to, Hooked those that the
	// API server asks by webhooks.
	Routed, Hooked []types.NamespacedName

	places map[string]place // of objects by name, to find duplicates
}

// place is where an object stands, and a sum of what stands there.
type place struct {
	Source
	sum [sha256.Size]byte
}

// Options change how manifests are read.
type Options struct {
	Files Files
	// Namespace is given to objects that name none; "" is default.
	Namespace string
	// Changes are made to the objects before they are decoded.
	Changes []*Change
	// Kinds are those that extensions bring, beside Kubernetes' own.
	Kinds []kinds.Kind
	// OtherNodes says that the machines are not the Nodes among the objects.
	OtherNodes bool
	// Chart is what is given for charts.
	Chart Chart
}

// Read reads every path: a file, a folder, or "-". The error is Errors with
// every fault of all files.
func Read(paths []string, options Options) (*Set, error) {
	r := newReader(options)
	for _, p := range paths {
		files, passed, err := options.Files.Expand(p)
		r.note(err)
		for _, e := range passed {
			r.set.Ignored = append(r.set.Ignored, record.Ignored{Object: Visible(filepath.Base(e.File)), Source: Visible(e.File),
				Reason: e.Message})
		}
		for _, f := range files {
			r.file(f)
		}
	}
	if len(r.faults) == 0 && len(r.set.Objects)+len(r.set.Nodes)+len(r.set.Ignored) == 0 {
		r.faults = append(r.faults, Error{File: strings.Join(paths, ", "), Message: "must hold at least one object"})
	}
	r.unusedChart(paths)
	return r.end()
}

// end tells what objects that stay have of what is not simulated.
func (r *reader) end() (*Set, error) {
	r.dropOwned()
	r.rebind()
	r.admins()
	r.unplace()
	for _, o := range r.set.Objects {
		r.set.Ignored = append(r.set.Ignored, o.Unsimulated...)
	}
	return r.set, r.faults.Or()
}

// NoObject is why a part of a document can't be read as an object.
type NoObject struct{ error }

// Inline reads one object that stands inside another file. The error is NoObject or
// Errors.
func Inline(file string, lines Lines, n *yamlv3.Node, options Options) (*Set, error) {
	r := newReader(options)
	data, ok := r.plain.JSON(nil, n)
	if !ok {
		var object any
		if err := n.Decode(&object); err != nil {
			return nil, NoObject{err}
		}
		var err error
		if data, err = stdjson.Marshal(object); err != nil {
			return nil, Errors{{File: file, Line: lines.Of(""), Message: err.Error()}}
		}
	}
	r.object(Source{File: file, Lines: lines}, data)
	return r.end()
}

type reader struct {
	options Options
	kinds   *kinds.Table
	set     *Set
	faults  Errors
	sum     [sha256.Size]byte // of the object that is read
	charts  int               // that were rendered
	plain   plain.Parser
}

func newReader(options Options) *reader {
	return &reader{options: options, kinds: kinds.Builtin().With(options.Kinds...), set: &Set{places: map[string]place{}}}
}

func (r *reader) note(err error) {
	var one Error
	switch {
	case err == nil:
	case errors.As(err, &one):
		r.faults = append(r.faults, one)
	default:
		r.faults = append(r.faults, Error{Message: err.Error()})
	}
}

func (r *reader) file(name string) {
	if kind, folder := render.Of(tree{r.options.Files}, name); kind != render.Plain {
		r.rendered(kind, folder)
		return
	}
	data, err := r.options.Files.Read(name)
	if err != nil {
		r.note(err)
		return
	}
	if name == Stdin {
		name = "standard input"
	}
	documents, err := split(name, data)
	r.note(err)
	if err == nil && len(documents) == 0 {
		r.faults = append(r.faults, Error{File: name, Message: "must hold at least one object, got an empty file"})
	}
	for _, d := range documents {
		r.document(d)
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): ?`)

// yamlFault turns an error of the YAML reader into one with its place.
func yamlFault(d document, err error) Error {
	message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "), "yaml: ")
	line := d.lineOf(1)
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		n, _ := strconv.Atoi(message[m[2]:m[3]])
		line = d.lineOf(n)
		message = message[:m[0]] + message[m[1]:]
	}
	return Error{File: d.file, Line: line, Message: "must be YAML or JSON: " + strings.TrimPrefix(message,
		"unmarshal errors:")}
}

func (r *reader) document(d document) {
	if data, ok := r.plain.Convert(d.text); ok {
		r.object(d.source(), data)
		return
	}
	data, err := yaml.YAMLToJSONStrict(d.text)
	if err != nil && r.onlyDoubled(d, err) {
		data, err = yaml.YAMLToJSON(d.text)
	}
	if err != nil {
		r.faults = append(r.faults, yamlFault(d, err))
		return
	}
	if err := CheckYAML(d.file, d.text); err != nil {
		fault := err.(Error)
		fault.Line = d.lineOf(fault.Line)
		r.faults = append(r.faults, fault)
		return
	}
	r.object(d.source(), data)
}

// object reads one object, or the items of a list.
func (r *reader) object(source Source, data []byte) {
	fault := func(field, message string) {
		r.faults = append(r.faults, Error{File: source.File, Line: source.Lines.Of(field), Field: field, Message: message})
	}
	var head struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        struct{ Namespace, Name, GenerateName string }
		Items           []stdjson.RawMessage
	}
	if err := stdjson.Unmarshal(data, &head); err != nil {
		fault("", "must be a Kubernetes object with apiVersion and kind")
		return
	}
	switch {
	case head.Kind == "":
		fault("kind", "must be given, e.g. Deployment")
		return
	case head.APIVersion == "":
		fault("apiVersion", "must be given, e.g. v1")
		return
	case strings.HasSuffix(head.Kind, "List") && head.Items != nil:
		for i, item := range head.Items {
			r.object(Source{File: source.File, Lines: source.Lines.At(fmt.Sprintf("items[%d]", i))},
				r.listItem(head.TypeMeta, item))
		}
		return
	}
	gvk := schema.FromAPIVersionAndKind(head.APIVersion, head.Kind)
	name := nameOf(gvk.Kind, head.Metadata.Namespace, head.Metadata.Name)
	if gvk.GroupKind() == keda.GroupVersionKind.GroupKind() {
		r.scaledObject(source, gvk, data)
		return
	}
	k, is := simulated[gvk.GroupKind()]
	current := servedAs(gvk)
	if row := r.options.extension(gvk.GroupKind()); row != nil {
		k, is, current = kind{version: row.GroupVersion(), clusterScoped: row.ClusterScoped, row: row}, true, ""
		if gvk.Version != row.Version && !scheme.Recognizes(gvk) {
			current = row.GroupVersion().String()
		}
	}
	if current != "" {
		fault("apiVersion", fmt.Sprintf("no matches for kind %q in version %q, use %s", gvk.Kind, head.APIVersion, current))
		return
	}
	if !is {
		r.set.Ignored = append(r.set.Ignored, r.passedOver(source, gvk, name, data))
		r.backends(gvk, data)
		return
	}
	r.take(source, gvk, k, data)
}

// listItem gives the items of a typed list (PodList) the kind that they lack.
func (r *reader) listItem(list metav1.TypeMeta, item stdjson.RawMessage) []byte {
	var head metav1.TypeMeta
	kind := strings.TrimSuffix(list.Kind, "List")
	if stdjson.Unmarshal(item, &head) != nil || head.Kind != "" || kind == "" {
		return item
	}
	var fields map[string]any
	if stdjson.Unmarshal(item, &fields) != nil || fields == nil {
		return item
	}
	fields["kind"], fields["apiVersion"] = kind, list.APIVersion
	data, err := stdjson.Marshal(fields)
	if err != nil {
		return item
	}
	return data
}

// nameOf is "Kind namespace/name", or "Kind name" without a namespace.
func nameOf(kind, namespace, name string) string {
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}

func (r *reader) place(s Source) string { return fmt.Sprintf("%s:%d", s.File, s.Lines.Of("kind")) }

// take decodes, defaults and validates an object that the engine takes.
func (r *reader) take(source Source, gvk schema.GroupVersionKind, k kind, data []byte) {
	before := len(r.faults)
	r.sum = sha256.Sum256(data)
	data, changes := r.change(source, gvk, data)
	defer func() { blame(r.faults[before:], changes) }()
	if k.row != nil && k.row.Read != nil {
		zero, written, err := k.row.Read(data)
		if err != nil {
			r.faults = append(r.faults, decodingFaults(source, []error{err})...)
			return
		}
		data, source.Lines.written = zero, written
		defer func() { asWritten(source, r.faults[before:]) }()
	}
	if faults := checkQuantities(source, k.goType(gvk), data); len(faults) > 0 {
		r.faults = append(r.faults, faults...)
		return
	}
	o, faults := k.decode(source, gvk, data)
	r.faults = append(r.faults, faults...)
	if o == nil || len(r.faults) > before {
		return
	}
	m, err := apimeta.Accessor(o)
	if err != nil {
		r.faults = append(r.faults, Error{File: source.File, Line: source.Lines.Of(""), Message: err.Error()})
		return
	}
	live := m.GetUID() != ""
	clean(m)
	if !k.clusterScoped && m.GetNamespace() == "" {
		m.SetNamespace(v1.NamespaceDefault)
		if r.options.Namespace != "" {
			m.SetNamespace(r.options.Namespace)
		}
	}
	if why := spent(o); why != "" {
		r.set.Ignored = append(r.set.Ignored, record.Ignored{
			Object: nameOf(gvk.Kind, m.GetNamespace(), m.GetName()), Source: r.place(source), Reason: why,
			Unsimulated: strings.Contains(why, "pods are missing"),
		})
		return
	}
	if !r.hook(source, gvk, m) {
		return
	}
	left := unsimulated(source, gvk, o)
	versioned, faults := k.admit(source, o)
	if len(faults) > 0 {
		r.faults = append(r.faults, faults...)
		return
	}
	if n, is := versioned.(*v1.Node); is {
		if r.unique(source, gvk, m) {
			r.addNode(source, n)
			r.set.Ignored = append(r.set.Ignored, left...)
		}
		return
	}
	versioned.GetObjectKind().SetGroupVersionKind(k.version.WithKind(gvk.Kind))
	if _, spec := r.kinds.PodsOf(versioned); spec != nil {
		showControls(spec)
	}
	r.add(Object{Object: versioned, Source: source, Unsimulated: left, live: live}, gvk)
}

// add takes an object whose name is new.
func (r *reader) add(o Object, gvk schema.GroupVersionKind) {
	if m, err := apimeta.Accessor(o.Object); err == nil && r.unique(o.Source, gvk, m) {
		r.set.Objects = append(r.set.Objects, o)
	}
}

func (r *reader) unique(source Source, gvk schema.GroupVersionKind, m metav1.Object) bool {
	name := gvk.GroupKind().String() + " " + m.GetNamespace() + "/" + m.GetName()
	first, twice := r.set.places[name]
	switch {
	case twice && first.sum == r.sum:
		r.set.Ignored = append(r.set.Ignored, record.Ignored{
			Object: Visible(nameOf(gvk.Kind, m.GetNamespace(), m.GetName())), Source: r.place(source),
			Reason: "stands at " + Visible(r.place(first.Source)) + " too, with the same content: it is read once",
		})
		return false
	case twice:
		r.faults = append(r.faults, Error{File: source.File, Line: source.Lines.Of("metadata.name"), Field: "metadata.name",
			Message: fmt.Sprintf("must be unique, but %s %q stands at %s too", gvk.Kind, m.GetName(), r.place(first.Source))})
		return false
	}
	r.set.places[name] = place{source, r.sum}
	return true
}

func (r *reader) addNode(source Source, o *v1.Node) {
	n, faults := nodes.Import(o)
	for _, f := range faults {
		r.faults = append(r.faults, Error{File: source.File, Line: source.Lines.Of(f.Field), Field: f.Field,
			Message: f.ErrorBody()})
	}
	r.set.Nodes = append(r.set.Nodes, n)
}
