package sched

import (
	"fmt"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// AddNode tells the scheduler of a new node.
func (s *Scheduler) AddNode(n *v1.Node) {
	s.begin(true)
	s.set(n)
}

// UpdateNode tells the scheduler of a changed node.
func (s *Scheduler) UpdateNode(_, n *v1.Node) {
	s.begin(true)
	s.set(n)
}

// DeleteNode tells the scheduler that a node is gone. Pods assigned to it
// stay in its books until they are deleted, too.
func (s *Scheduler) DeleteNode(n *v1.Node) {
	s.begin(true)
	s.unset(n)
}

// AddPod tells the scheduler of a pod, pending or assigned. Like upstream's
// informer it doesn't look at pods that succeeded or failed. A pod must have
// a UID; one without is a bug of the caller.
func (s *Scheduler) AddPod(p *v1.Pod) { s.UpdatePod(nil, p) }

// UpdatePod tells the scheduler of a changed pod: one whose spec or status
// changed, that was bound, that terminates (deletion timestamp), or that
// ended, which is the same to the scheduler as its deletion. Whether the pod
// is new is decided by what the scheduler was told before, not by old.
func (s *Scheduler) UpdatePod(_, p *v1.Pod) {
	if p.UID == "" {
		panic(fmt.Sprintf("sched: pod %s has no UID", keyOf(p)))
	}
	s.begin(false)
	s.nominations = s.nominations || p.Status.NominatedNodeName != ""
	informer := s.informers.of(p)
	old, known := informer.stored(p).(*v1.Pod)
	switch {
	case podutil.IsPodTerminal(p):
		s.deletePod(p)
		return
	case known && (old.UID != p.UID || moved(old, p)):
		s.deletePod(old)
		informer.add(p, seen(p))
	case known && s.unseen != nil && !s.images && s.unseen(old, p):
		mustStore(informer.GetIndexer().Update(p))
		s.room.order.again(old, p)
	case known:
		informer.update(p, seen(old), changed(old, seen(p)))
	default:
		informer.add(p, seen(p))
	}
	if p.Spec.NodeName != "" {
		delete(s.binding, p.UID)
		return
	}
	s.watchGated(keyOf(p))
}

// DeletePod tells the scheduler that a pod is gone. If it was being bound,
// that is undone, see Forget.
func (s *Scheduler) DeletePod(p *v1.Pod) {
	s.begin(false)
	s.deletePod(p)
}

func (s *Scheduler) deletePod(p *v1.Pod) {
	informer := s.informers.of(p)
	if old, ok := informer.stored(p).(*v1.Pod); ok {
		informer.remove(old, seen(old))
		s.forget(old)
		s.room.preempting.Delete(old.UID)
	}
}

// Set tells the scheduler of a new or changed object of any other kind that
// it looks at: namespaces (for affinity by namespaceSelector), services,
// replication controllers, ReplicaSets and StatefulSets (for the default
// topology spread), PodDisruptionBudgets (for preemption), volumes, claims
// and their classes. Other kinds are ignored.
func (s *Scheduler) Set(obj runtime.Object) {
	switch o := obj.(type) {
	case *v1.Pod:
		s.UpdatePod(nil, o)
	default:
		s.begin(true)
		s.set(obj)
	}
}

// Looks reports whether the scheduler looks at objects of this kind.
func (s *Scheduler) Looks(obj runtime.Object) bool { return s.informers.of(obj) != nil }

// Unset tells the scheduler that such an object is gone.
func (s *Scheduler) Unset(obj runtime.Object) {
	switch o := obj.(type) {
	case *v1.Pod:
		s.DeletePod(o)
	default:
		s.begin(true)
		s.unset(obj)
	}
}

func (s *Scheduler) set(obj runtime.Object) {
	informer := s.informers.of(obj)
	if informer == nil {
		return
	}
	s.reconsider(obj)
	obj = s.versioned(obj)
	if old := informer.stored(obj); old != nil {
		informer.update(obj, old, obj)
		return
	}
	informer.add(obj, obj)
}

func (s *Scheduler) unset(obj runtime.Object) {
	informer := s.informers.of(obj)
	if informer == nil {
		return
	}
	s.reconsider(obj)
	if old := informer.stored(obj); old != nil {
		informer.remove(old, old)
	}
}

// reconsider drops what is known of classes of pods when something changes that is no
// pod. A node has another generation then, but its images count on other nodes, too.
func (s *Scheduler) reconsider(obj runtime.Object) {
	for _, spread := range s.spreads {
		spread.changed(obj)
	}
	if s.informers.of(obj).outOfClasses {
		return
	}
	n, is := obj.(*v1.Node)
	if is {
		s.images = s.images || len(n.Status.Images) > 0
	}
	if !is || s.images {
		s.classes.forget()
	}
}

// versioned is obj with a resource version of our own if its kind goes through
// an assume cache, which takes only growing numbers (assume_cache.go, add).
func (s *Scheduler) versioned(obj runtime.Object) runtime.Object {
	switch obj.(type) {
	case *v1.PersistentVolume, *v1.PersistentVolumeClaim, *resourcev1.ResourceClaim:
	default:
		return obj
	}
	obj = obj.DeepCopyObject()
	accessor, err := meta.Accessor(obj)
	mustStore(err)
	s.version++
	accessor.SetResourceVersion(strconv.FormatUint(s.version, 10))
	return obj
}

// notStarted stands for the start time of assigned pods that have none yet.
// Upstream takes the wall clock's now for it when it ranks victims of
// preemption (util.GetPodStartTime): later than any that has started. It is
// in the year 2242, within the range of UnixNano.
var notStarted = metav1.NewTime(time.Unix(1<<33, 0))

// seen is a pod as the scheduler is to see it.
func seen(p *v1.Pod) *v1.Pod {
	if p.Spec.NodeName == "" || p.Status.StartTime != nil {
		return p
	}
	c := *p
	c.Status.StartTime = &notStarted
	return &c
}

// changed is p with another resource version than old's: without, upstream
// takes an update of a pending pod for a resync and ignores it
// (eventhandlers.go, updatePodInSchedulingQueue).
func changed(old, p *v1.Pod) *v1.Pod {
	if old.ResourceVersion != p.ResourceVersion || p.Spec.NodeName != "" {
		return p
	}
	c := *p
	c.ResourceVersion += "'"
	return &c
}

// moved reports whether an assigned pod is suddenly on another node. No API
// server allows it; upstream's cache would end the process.
func moved(old, p *v1.Pod) bool {
	return old.Spec.NodeName != "" && old.Spec.NodeName != p.Spec.NodeName
}
