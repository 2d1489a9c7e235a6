package build

import (
	"cmp"
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

// index finds the objects of the manifests by name.
type index struct {
	kinds  *kinds.Table
	byName map[cluster.ObjectRef]manifest.Object
	order  []cluster.ObjectRef
	making []template // of the objects that make pods
	pods   selection.Index[template]
	later  []template // of those that steps give such objects
}

func newIndex(table *kinds.Table) index {
	return index{kinds: table, byName: map[cluster.ObjectRef]manifest.Object{}}
}

func objectRef(kind, namespace, name string) cluster.ObjectRef {
	return cluster.ObjectRef{Kind: kind, NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

func refOf(o runtime.Object) cluster.ObjectRef {
	m, err := apimeta.Accessor(o)
	if err != nil {
		return cluster.ObjectRef{} // every object of a manifest has metadata
	}
	return objectRef(o.GetObjectKind().GroupVersionKind().Kind, m.GetNamespace(), m.GetName())
}

func nameOf(o runtime.Object) string {
	r := refOf(o)
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// add returns where the object stands already.
func (x *index) add(o manifest.Object) (place string, twice bool) {
	r := refOf(o.Object)
	if first, known := x.byName[r]; known {
		return fmt.Sprintf("%s:%d", first.Source.File, first.Source.Lines.Of("kind")), true
	}
	x.byName[r] = o
	x.order = append(x.order, r)
	if t, makes := x.templateOf(o); makes {
		x.making = append(x.making, t)
		x.pods.Add(r.Namespace, t.labels, t)
	}
	return "", false
}

// template is the pods that an object makes.
type template struct {
	ref    cluster.ObjectRef
	labels map[string]string
	spec   *v1.PodSpec
	ends   bool // by themselves, as those of a Job are to
}

func (t template) key() string { return t.ref.Namespace + "/" + t.ref.Kind + "/" + t.ref.Name }

// templates lists the objects that make pods, in the order of the manifests.
func (x *index) templates() []template { return x.making }

// everyTemplate goes over those that later steps give the same objects, too.
func (x *index) everyTemplate(yield func(template) bool) {
	for _, list := range [][]template{x.making, x.later} {
		for _, t := range list {
			if !yield(t) {
				return
			}
		}
	}
}

// change takes in an object that a later step applies in the place of one.
func (x *index) change(o manifest.Object) {
	if t, makes := x.templateOf(o); makes {
		x.later = append(x.later, t)
	}
}

func (x *index) templateOf(o manifest.Object) (t template, makes bool) {
	of, spec := x.kinds.PodsOf(o.Object)
	if spec == nil {
		return t, false
	}
	return template{refOf(o.Object), of.Labels, spec, x.kinds.Of(o.Object).EndsByItself}, true
}

func (x *index) services() []*v1.Service {
	var list []*v1.Service
	for _, r := range x.order {
		if s, is := x.byName[r].Object.(*v1.Service); is {
			list = append(list, s)
		}
	}
	return list
}

// selected lists the templates whose pods a Service selects.
func (x *index) selected(s *v1.Service) []template {
	if len(s.Spec.Selector) == 0 {
		return nil
	}
	return x.pods.Matching(s.Namespace, labels.SelectorFromSet(s.Spec.Selector))
}

// clusterScoped reports whether objects of a kind have no namespace.
func (x *index) clusterScoped(kind string) bool {
	k := x.kinds.Named(kind)
	return k != nil && k.ClusterScoped
}

// find resolves "Kind/name". The error says "must …, got …".
func (x *index) find(target, namespace string) (cluster.ObjectRef, error) {
	kind, name, found := strings.Cut(target, "/")
	if !found || kind == "" || name == "" {
		return cluster.ObjectRef{}, fmt.Errorf("must be Kind/name, got %.80q", target)
	}
	r := objectRef(kind, namespace, name)
	if _, known := x.byName[r]; known {
		return r, nil
	}
	for _, other := range x.order {
		if other.Kind == kind && other.Name == name {
			return cluster.ObjectRef{}, notThere("must name an object of namespace %s, got %q, which is in namespace %s",
				namespace, target, other.Namespace)
		}
	}
	if kind == "Node" {
		return cluster.ObjectRef{}, notThere("must name an object of the manifests, got %.80q; nodes go by nodeRemove",
			target)
	}
	return cluster.ObjectRef{}, notThere("must name an object of the manifests, got %.80q%s", target,
		x.near(target, namespace))
}

// near is a question for the objects, of one of the kinds if any are given, that
// an unknown target may stand for; "" when there are none.
func (x *index) near(target, namespace string, of ...string) string {
	var objects []string
	for _, r := range x.order {
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

// findPod is find that also takes a pod of a StatefulSet, Pod/name-ordinal.
func (x *index) findPod(target, namespace string) (cluster.ObjectRef, error) {
	r, err := x.find(target, namespace)
	name, isPod := strings.CutPrefix(target, "Pod/")
	i := strings.LastIndex(name, "-")
	if err == nil || !isPod || i < 0 {
		return r, err
	}
	if _, number := strconv.ParseUint(name[i+1:], 10, 31); number != nil {
		return r, err
	}
	if _, known := x.byName[objectRef("StatefulSet", namespace, name[:i])]; known {
		return objectRef("Pod", namespace, name), nil
	}
	return r, err
}

// missing is an error about what is named and is not there.
type missing string

func (m missing) Error() string { return string(m) }

func notThere(format string, arguments ...any) error {
	return missing(fmt.Sprintf(format, arguments...))
}

func sortSteps(list []cluster.Step) {
	slices.SortStableFunc(list, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
}
