package statefulset

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	setsResource      = "statefulsets"
	podsResource      = "pods"
	revisionsResource = "controllerrevisions"
	claimsResource    = "persistentvolumeclaims"
)

// object is what the store keeps.
type object interface {
	runtime.Object
	metav1.Object
}

// store is the API server of a test: it names, numbers and dates what is
// written, deletes gracefully, and logs what becomes of pods.
type store struct {
	mu      sync.Mutex
	clock   clock
	version int
	objects map[string]map[string]object // by resource and name
	born    map[string]int               // pods and claims so far, by name

	// changed is told of every write, podCreated and podDeleted of those to
	// pods. They run under the lock.
	changed    func(resource string, event watch.EventType, o object)
	podCreated func(pod *v1.Pod, incarnation int)
	podDeleted func(pod *v1.Pod)

	log []string
}

// clock is the time of a world: that of a synctest bubble or a counter.
type clock interface {
	now() time.Time
	after(d time.Duration, fire func())
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// prelude is when the StatefulSet is created.
const prelude = time.Second

func newStore(c clock) *store {
	s := &store{clock: c, objects: map[string]map[string]object{}, born: map[string]int{}}
	for _, resource := range []string{setsResource, podsResource, revisionsResource, claimsResource} {
		s.objects[resource] = map[string]object{}
	}
	return s
}

// apiNow has whole seconds, as times in the API do.
func (s *store) apiNow() metav1.Time { return metav1.NewTime(s.clock.now().Truncate(time.Second)) }

func (s *store) note(format string, args ...any) {
	at := s.clock.now().Sub(epoch).Truncate(time.Microsecond)
	s.log = append(s.log, fmt.Sprintf("%14s ", at)+fmt.Sprintf(format, args...))
}

func notFound(resource, name string) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: resource}, name)
}

func (s *store) put(resource string, event watch.EventType, o object) {
	s.version++
	o.SetResourceVersion(fmt.Sprint(s.version))
	if event == watch.Deleted {
		delete(s.objects[resource], o.GetName())
	} else {
		s.objects[resource][o.GetName()] = o
	}
	s.changed(resource, event, o)
}

func (s *store) create(resource string, o object) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := o.GetName()
	if s.objects[resource][name] != nil {
		return nil, apierrors.NewAlreadyExists(schema.GroupResource{Resource: resource}, name)
	}
	o = o.DeepCopyObject().(object)
	s.born[resource+name]++
	o.SetUID(types.UID(fmt.Sprintf("%s/%s/%d", resource, name, s.born[resource+name])))
	o.SetNamespace("default")
	o.SetCreationTimestamp(s.apiNow())
	switch o := o.(type) {
	case *apps.StatefulSet:
		o.Generation = 1
	case *v1.Pod:
		o.Status.Phase = v1.PodPending
		s.note("create %s", text(o))
		s.podCreated(o, s.born[resource+name])
	case *v1.PersistentVolumeClaim:
		s.note("create claim %s", text(o))
	}
	s.put(resource, watch.Added, o)
	return o.DeepCopyObject().(object), nil
}

// text is an object as far as its writer decides on it.
func text(o object) string {
	o = o.DeepCopyObject().(object)
	o.SetResourceVersion("")
	o.SetCreationTimestamp(metav1.Time{})
	if pod, ok := o.(*v1.Pod); ok { // upstream mixes them
		slices.SortFunc(pod.Spec.Volumes, func(a, b v1.Volume) int { return strings.Compare(a.Name, b.Name) })
	}
	j, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return o.GetName() + " " + string(j)
}

// update writes an object; status says which half.
func (s *store) update(resource string, o object, status bool) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.objects[resource][o.GetName()]
	if old == nil {
		return nil, notFound(resource, o.GetName())
	}
	o = o.DeepCopyObject().(object)
	switch o := o.(type) {
	case *apps.StatefulSet:
		old := old.(*apps.StatefulSet)
		o.Generation = old.Generation
		if status {
			o.Spec = old.Spec
		} else if o.Status = old.Status; !apiequality.Semantic.DeepEqual(o.Spec, old.Spec) {
			o.Generation++
		}
	case *v1.Pod:
		old := old.(*v1.Pod)
		o.Status, o.Spec.NodeName = old.Status, old.Spec.NodeName
	}
	// Upstream may write a pod that it has just created without reading it back.
	o.SetUID(old.GetUID())
	o.SetCreationTimestamp(old.GetCreationTimestamp())
	o.SetDeletionTimestamp(old.GetDeletionTimestamp())
	o.SetResourceVersion(old.GetResourceVersion())
	if apiequality.Semantic.DeepEqual(o, old) {
		return o, nil
	}
	if resource == podsResource || resource == claimsResource {
		s.note("update %s %s", resource, text(o))
	}
	s.put(resource, watch.Modified, o)
	return o.DeepCopyObject().(object), nil
}

func (s *store) delete(resource, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deleteLocked(resource, name)
}

// deleteLocked is graceful for pods that run on a node.
func (s *store) deleteLocked(resource, name string) error {
	o := s.objects[resource][name]
	if o == nil {
		return notFound(resource, name)
	}
	pod, ok := o.(*v1.Pod)
	if !ok {
		s.put(resource, watch.Deleted, o.DeepCopyObject().(object))
		return nil
	}
	if pod.DeletionTimestamp != nil {
		return nil
	}
	s.note("delete %s of %s", name, revisionOf(pod))
	pod = pod.DeepCopy()
	if pod.Spec.NodeName == "" {
		s.put(resource, watch.Deleted, pod)
		s.podDeleted(pod)
		return nil
	}
	at := s.apiNow()
	pod.DeletionTimestamp = &at
	s.put(resource, watch.Modified, pod)
	s.podDeleted(pod)
	return nil
}

// change edits a pod as a kubelet does, if it still is that very pod.
func (s *store) change(name string, uid types.UID, edit func(*v1.Pod)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pod, ok := s.objects[podsResource][name].(*v1.Pod)
	if !ok || pod.UID != uid {
		return
	}
	pod = pod.DeepCopy()
	edit(pod)
	s.put(podsResource, watch.Modified, pod)
}

// gone removes a terminating pod.
func (s *store) gone(name string, uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[podsResource][name]; o != nil && o.GetUID() == uid {
		s.put(podsResource, watch.Deleted, o.DeepCopyObject().(object))
	}
}

// list returns copies in the order of their names.
func list[T object](s *store, resource string) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []T
	for _, name := range slices.Sorted(maps.Keys(s.objects[resource])) {
		all = append(all, s.objects[resource][name].DeepCopyObject().(T))
	}
	return all
}

func (s *store) set() *apps.StatefulSet {
	return list[*apps.StatefulSet](s, setsResource)[0]
}
