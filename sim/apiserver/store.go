package apiserver

import (
	"fmt"
	"iter"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/apiserver/admission"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Store is the objects of a cluster.
type Store struct {
	*record.Journal
	Kinds     *kinds.Table
	Admission *admission.Admission

	strategies  map[string]Strategy // by kind
	objects     map[string]*ordered[string, kinds.Object]
	owned       map[types.UID]*ordered[types.UID, kinds.Object]
	workloads   map[types.UID]workload
	scales      map[types.UID]Scalable // as they were read last
	watchers    []Watcher
	podWatchers []PodWatcher

	pods     podTable
	kubelets Kubelets
	serial   int64 // of UIDs and resource versions
	apart    int64 // of the UIDs that are counted apart
	names    map[string]*Names
	refusals ordered[string, *refusals]
	absent   map[Ref]bool
	holds    map[string]func(kinds.Object) bool // by kind
}

// Watcher is told of changes of all objects but pods.
type Watcher interface{ Changed(Change) }

// Change is one write.
type Change struct {
	// Old is nil of an object that is new, New of one that is gone.
	Old, New kinds.Object
	// Status says that only the status was written.
	Status bool
	// Why is why the object was deleted.
	Why record.Deletion
}

// Object is the object, as it is now or was last.
func (c Change) Object() kinds.Object {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// Ref names an object.
type Ref struct {
	Kind string
	types.NamespacedName
}

// workload is what an object belongs to: itself, or the one whose controller made
// it, at the top.
type workload struct {
	key string // as records name it
	top kinds.Object
}

// New returns an empty store.
func New(journal *record.Journal, table *kinds.Table) (*Store, error) {
	s := &Store{
		Journal: journal, Kinds: table,
		strategies: map[string]Strategy{},
		objects:    map[string]*ordered[string, kinds.Object]{},
		owned:      map[types.UID]*ordered[types.UID, kinds.Object]{},
		workloads:  map[types.UID]workload{},
		scales:     map[types.UID]Scalable{},
		names:      map[string]*Names{},
		absent:     map[Ref]bool{},
	}
	for _, k := range table.Rows() {
		s.objects[k.Kind] = &ordered[string, kinds.Object]{}
	}
	var err error
	s.Admission, err = admission.New(func() time.Time { return s.WallNow() }, s.counted, s.served())
	return s, err
}

// Watch registers who is told of changes, after those registered before.
func (s *Store) Watch(w Watcher) { s.watchers = append(s.watchers, w) }

// WatchPods is Watch for pods.
func (s *Store) WatchPods(w PodWatcher) { s.podWatchers = append(s.podWatchers, w) }

func (s *Store) tell(c Change) {
	for _, w := range s.watchers {
		w.Changed(c)
	}
}

// UID makes a unique, deterministic UID.
func (s *Store) UID() types.UID {
	s.serial++
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.serial))
}

// uidOf makes the UID of an object of a kind.
func (s *Store) uidOf(k *kinds.Kind) types.UID {
	if !k.Apart {
		return s.UID()
	}
	s.apart++
	return types.UID(fmt.Sprintf("00000000-0000-4000-9000-%012x", s.apart))
}

// Get is the object of a kind and name, nil when there is none.
func (s *Store) Get(kind, namespace, name string) kinds.Object {
	if table := s.objects[kind]; table != nil {
		if o, known := table.get(kinds.Key(namespace, name)); known {
			return o
		}
	}
	return nil
}

// Stored is what is stored now of an object that somebody saw: nil when it is
// gone, even if another one has taken its name.
func (s *Store) Stored(seen kinds.Object) kinds.Object {
	if k := s.Kinds.Of(seen); k != nil {
		if now := s.Get(k.Kind, seen.GetNamespace(), seen.GetName()); now != nil && now.GetUID() == seen.GetUID() {
			return now
		}
	}
	return nil
}

// All walks over the objects of a kind in the order they came.
func (s *Store) All(kind string) iter.Seq[kinds.Object] { return s.objects[kind].each() }

// OwnedBy are the objects but pods that an object controls, in the order they
// came.
func (s *Store) OwnedBy(owner types.UID) (list []kinds.Object) {
	for o := range s.owned[owner].each() {
		list = append(list, o)
	}
	return list
}

// List is the objects of type T in the order they came.
func List[T kinds.Object](s *Store) (list []T) {
	var zero T
	for o := range s.All(s.Kinds.Of(zero).Kind) {
		list = append(list, o.(T))
	}
	return list
}

// Owned is the objects of type T that an object controls, in the order they came.
func Owned[T kinds.Object](s *Store, owner types.UID) (list []T) {
	for o := range s.owned[owner].each() {
		if typed, is := o.(T); is {
			list = append(list, typed)
		}
	}
	return list
}

// Find is the object of type T of that name.
func Find[T kinds.Object](s *Store, namespace, name string) (o T, known bool) {
	if found := s.Get(s.Kinds.Of(o).Kind, namespace, name); found != nil {
		return found.(T), true
	}
	return o, false
}

// Now is what is stored of an object of type T that somebody saw.
func Now[T kinds.Object](s *Store, seen T) (o T, known bool) {
	if found := s.Stored(seen); found != nil {
		return found.(T), true
	}
	return o, false
}

// controller is who controls an object, if that is an object of the store.
func (s *Store) controller(o metav1.Object) kinds.Object {
	ref := metav1.GetControllerOf(o)
	if ref == nil {
		return nil
	}
	if owner := s.Get(ref.Kind, o.GetNamespace(), ref.Name); owner != nil && owner.GetUID() == ref.UID {
		return owner
	}
	return nil
}

// WorkloadOf is how records name the workload that an object belongs to: that of
// its controller, or the object itself.
func (s *Store) WorkloadOf(o kinds.Object) string { return s.workloadOf(o).key }

func (s *Store) workloadOf(o kinds.Object) workload {
	if w, known := s.workloads[o.GetUID()]; known {
		return w
	}
	if owner := s.controller(o); owner != nil {
		return s.workloadOf(owner)
	}
	return workload{kinds.WorkloadKey(o.GetNamespace(), s.Kinds.NameOf(o), o.GetName()), o}
}

// put stores an object, new or in place of the one of its name.
func (s *Store) put(o kinds.Object) {
	s.objects[s.Kinds.Of(o).Kind].put(kinds.KeyOf(o), o)
	if ref := metav1.GetControllerOf(o); ref != nil {
		if s.owned[ref.UID] == nil {
			s.owned[ref.UID] = &ordered[types.UID, kinds.Object]{}
		}
		s.owned[ref.UID].put(o.GetUID(), o)
	}
}

func (s *Store) drop(o kinds.Object) {
	s.objects[s.Kinds.Of(o).Kind].remove(kinds.KeyOf(o))
	s.disown(o)
}

// disown takes an object off the list of its controller's.
func (s *Store) disown(o kinds.Object) {
	if ref := metav1.GetControllerOf(o); ref != nil && s.owned[ref.UID] != nil {
		if s.owned[ref.UID].remove(o.GetUID()); s.owned[ref.UID].len() == 0 {
			delete(s.owned, ref.UID)
		}
	}
}

// counted are the objects of a resource in a namespace, for what ResourceQuotas
// count.
func (s *Store) counted(resource schema.GroupResource, namespace string) (list []runtime.Object) {
	if resource == v1.Resource("pods") {
		for _, p := range s.Selected(namespace, labels.Everything()) {
			list = append(list, p.object)
		}
		return list
	}
	if k := s.Kinds.WithResource(resource); k != nil {
		for o := range s.All(k.Kind) {
			if o.GetNamespace() == namespace {
				list = append(list, o)
			}
		}
	}
	return list
}

// served is what admission knows of the resources that there are.
func (s *Store) served() admission.Served {
	served := admission.Served{Of: func(o runtime.Object) (schema.GroupVersionResource, bool) {
		k := s.Kinds.Of(o)
		if k == nil {
			return schema.GroupVersionResource{}, false
		}
		return k.Resource.WithVersion(k.Version), true
	}}
	for _, k := range s.Kinds.Rows() {
		if !k.ClusterScoped {
			served.Namespaced = append(served.Namespaced, k.Resource)
		}
	}
	return served
}

// conflict is the answer to a write of an object that somebody else has written.
func (s *Store) conflict(o kinds.Object) error {
	return apierrors.NewConflict(s.resource(o), o.GetName(),
		fmt.Errorf("the object has been modified; please apply your changes to the latest version and try again"))
}

func (s *Store) resource(o runtime.Object) schema.GroupResource {
	if k := s.Kinds.Of(o); k != nil {
		return k.Resource
	}
	return schema.GroupResource{}
}

// Counted is how many objects of a resource ResourceQuotas count in a namespace.
func (s *Store) Counted(resource schema.GroupResource, namespace string) int {
	return len(s.counted(resource, namespace))
}
