package oracle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// server is an API server in memory, with optimistic concurrency.
type server struct {
	mu        sync.Mutex
	version   int64
	names     int64 // of objects with generateName
	kinds     map[string]*collection
	observers []func(*change)
	last      time.Time // of the writes
	// admit is what the admission plugins do to a new object.
	admit func(runtime.Object) error
}

// collection are the objects of one resource.
type collection struct {
	resource schema.GroupResource
	kind     schema.GroupVersionKind
	objects  map[string]runtime.Object
	watchers []*watcher
}

// change is one write, as observers and watches see it.
type change struct {
	kind        watch.EventType
	before, now runtime.Object // of an addition and a deletion one is nil
	at          time.Time
	encoded     []byte // the object, once somebody asked
}

func (c *change) object() runtime.Object {
	if c.now != nil {
		return c.now
	}
	return c.before
}

func newServer() *server {
	s := &server{kinds: map[string]*collection{}}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal || strings.HasSuffix(gvk.Kind, "List") {
			continue
		}
		plural, _ := meta.UnsafeGuessKindToResource(gvk)
		key := plural.Group + "/" + plural.Version + "/" + plural.Resource
		s.kinds[key] = &collection{resource: plural.GroupResource(), kind: gvk, objects: map[string]runtime.Object{}}
	}
	return s
}

// of finds the collection of a resource of a group's version.
func (s *server) of(group, version, resource string) (*collection, error) {
	c, known := s.kinds[group+"/"+version+"/"+resource]
	if !known {
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: resource}, "")
	}
	return c, nil
}

func (s *server) ofObject(o runtime.Object) *collection {
	gvks, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		panic(err)
	}
	plural, _ := meta.UnsafeGuessKindToResource(gvks[0])
	return s.kinds[plural.Group+"/"+plural.Version+"/"+plural.Resource]
}

func accessor(o runtime.Object) metav1.Object {
	m, err := meta.Accessor(o)
	if err != nil {
		panic(err)
	}
	return m
}

func key(namespace, name string) string { return namespace + "/" + name }

func keyOf(o runtime.Object) string {
	m := accessor(o)
	return key(m.GetNamespace(), m.GetName())
}

// uid makes unique UIDs that grow, as the simulation's do: with the UID
// upstream breaks the last ties between pods to delete.
func (s *server) uid() types.UID {
	s.names++
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.names))
}

// create takes in a new object.
func (s *server) create(o runtime.Object) (runtime.Object, error) {
	o = o.DeepCopyObject()
	prepareForCreate(o, time.Now())
	if err := s.admit(o); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m := s.ofObject(o), accessor(o)
	if m.GetName() == "" && m.GetGenerateName() != "" {
		s.names++
		m.SetName(m.GetGenerateName() + suffix(s.names))
	}
	if _, taken := c.objects[keyOf(o)]; taken {
		return nil, apierrors.NewAlreadyExists(c.resource, m.GetName())
	}
	now := time.Now()
	m.SetUID(s.uid())
	m.SetCreationTimestamp(metav1.NewTime(now.Truncate(time.Second)))
	m.SetDeletionTimestamp(nil)
	m.SetGeneration(1)
	completeCreation(o)
	s.put(c, watch.Added, nil, o)
	return o, nil
}

// suffix is five characters of the API server's alphabet.
func suffix(n int64) string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	x, text := uint64(n)*0x9e3779b97f4a7c15, make([]byte, 5)
	for i := range text {
		text[i] = alphabet[x%uint64(len(alphabet))]
		x /= uint64(len(alphabet))
	}
	return string(text)
}

// put stores an object and tells who watches.
func (s *server) put(c *collection, kind watch.EventType, before, now runtime.Object) {
	s.version++
	o := now
	if kind == watch.Deleted {
		o = before.DeepCopyObject()
		before, now = o, nil
	}
	accessor(o).SetResourceVersion(strconv.FormatInt(s.version, 10))
	o.GetObjectKind().SetGroupVersionKind(c.kind)
	if now == nil {
		delete(c.objects, keyOf(o))
	} else {
		c.objects[keyOf(o)] = o
	}
	// No two writes are at the same time, as in a real server: queues go by time.
	if s.last = s.last.Add(time.Microsecond); s.last.Before(time.Now()) {
		s.last = time.Now()
	}
	e := &change{kind: kind, before: before, now: now, at: s.last}
	for _, w := range c.watchers {
		w.push(e)
	}
	for _, observe := range s.observers {
		observe(e)
	}
}

// get reads an object.
func (s *server) get(c *collection, namespace, name string) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getLocked(c, namespace, name)
}

func (s *server) getLocked(c *collection, namespace, name string) (runtime.Object, error) {
	o, known := c.objects[key(namespace, name)]
	if !known {
		return nil, apierrors.NewNotFound(c.resource, name)
	}
	return o, nil
}

// list reads a collection in order of names.
func (s *server) list(c *collection, sel selection) ([]runtime.Object, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.selected(sel), s.version
}

func (c *collection) selected(sel selection) []runtime.Object {
	var list []runtime.Object
	for _, o := range c.objects {
		if sel.matches(o) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b runtime.Object) int { return strings.Compare(keyOf(a), keyOf(b)) })
	return list
}

// update replaces an object, or with subresource "status" its status. A
// resource version that is not the stored one's is a conflict.
func (s *server) update(c *collection, subresource string, o runtime.Object) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.updateLocked(c, subresource, o)
}

func (s *server) updateLocked(c *collection, subresource string, o runtime.Object) (runtime.Object, error) {
	o = o.DeepCopyObject()
	m := accessor(o)
	before, known := c.objects[keyOf(o)]
	if !known || (m.GetUID() != "" && m.GetUID() != accessor(before).GetUID()) {
		return nil, apierrors.NewNotFound(c.resource, m.GetName())
	}
	old := accessor(before)
	if v := m.GetResourceVersion(); v != "" && v != old.GetResourceVersion() {
		countConflict(c.kind.Kind)
		return nil, apierrors.NewConflict(c.resource, m.GetName(), fmt.Errorf("the object has been modified"))
	}
	m.SetUID(old.GetUID())
	m.SetCreationTimestamp(old.GetCreationTimestamp())
	m.SetDeletionTimestamp(old.GetDeletionTimestamp())
	m.SetDeletionGracePeriodSeconds(old.GetDeletionGracePeriodSeconds())
	m.SetGeneration(old.GetGeneration())
	m.SetResourceVersion(old.GetResourceVersion())
	prepareForUpdate(subresource, o, before)
	o.GetObjectKind().SetGroupVersionKind(c.kind)
	if same(o, before) {
		return before, nil
	}
	if old.GetDeletionTimestamp() != nil && len(m.GetFinalizers()) == 0 && graceOver(o) {
		s.put(c, watch.Deleted, o, nil)
		return o, nil
	}
	s.put(c, watch.Modified, before, o)
	return o, nil
}

// remove deletes an object: at once, or when its last finalizer is gone, pods on
// a node when their kubelet says so.
func (s *server) remove(c *collection, namespace, name string, options *metav1.DeleteOptions) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removeLocked(c, namespace, name, options)
}

func (s *server) removeLocked(c *collection, namespace, name string, options *metav1.DeleteOptions) (runtime.Object,
	error) {
	before, err := s.getLocked(c, namespace, name)
	if err != nil {
		return nil, err
	}
	m := accessor(before)
	if p := options.Preconditions; p != nil &&
		((p.UID != nil && *p.UID != m.GetUID()) ||
			(p.ResourceVersion != nil && *p.ResourceVersion != m.GetResourceVersion())) {
		return nil, apierrors.NewConflict(c.resource, name, fmt.Errorf("the precondition failed"))
	}
	now := before.DeepCopyObject()
	n := accessor(now)
	grace := gracePeriod(now, options)
	if grace == 0 && len(n.GetFinalizers()) == 0 {
		s.put(c, watch.Deleted, before, nil)
		return before, nil
	}
	if old := m.GetDeletionGracePeriodSeconds(); m.GetDeletionTimestamp() != nil && old != nil && *old <= grace {
		return before, nil
	}
	end := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second).Truncate(time.Second))
	n.SetDeletionTimestamp(&end)
	n.SetDeletionGracePeriodSeconds(&grace)
	n.SetGeneration(n.GetGeneration() + 1)
	s.put(c, watch.Modified, before, now)
	return now, nil
}
