package apiserver

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Pod is a Pod of the store, from its creation until it is gone.
type Pod struct {
	store  *Store
	object *v1.Pod
	serial int

	// Workload is the workload that it belongs to, as records name it. Ordinal is its
	// number among the pods that the workload has had, from 1. The two key the random
	// streams of a pod. Its name would not do: it holds a hash of the template, so a
	// changed limit would change all draws.
	Workload string
	Ordinal  int
	// Requests are what the scheduler counts for it.
	Requests record.Resources

	entry *selection.Entry[*Pod] // by its labels
	owner types.UID              // that controls it; "" of a bare pod
	kind  *kinds.Kind
	gone  bool
	lost  record.Deletion
}

// podTable is the pods with their indices.
type podTable struct {
	all      ordered[string, *Pod]
	byOwner  map[types.UID]*ordered[types.UID, *Pod]
	byNode   map[string]*ordered[types.UID, *Pod]
	byLabel  selection.Index[*Pod]
	ordinals map[string]int
	serial   int
}

// PodWatcher is told of changes of pods.
type PodWatcher interface{ PodChanged(PodChange) }

// PodChange is one write of a pod.
type PodChange struct {
	Pod *Pod
	// Old is nil of a pod that is new, New of one that is gone.
	Old, New *v1.Pod
	// Concerns says who has a reason to act on the write. All watchers are told of
	// it.
	Concerns Concerns
}

// Concerns is whom a write of a pod concerns.
type Concerns uint8

const (
	// Nobody is of a write that changes nothing that a controller decides by.
	Nobody Concerns = iota
	// Network is of a pod that got an address, which its Services look at.
	Network
	// Everybody is of all else.
	Everybody
)

// Object is the pod as it is stored, or was last.
func (p *Pod) Object() *v1.Pod { return p.object }

// Namespace, Name and Key are its name in parts and as a whole.
func (p *Pod) Namespace() string { return p.object.Namespace }

// Name is the name without the namespace.
func (p *Pod) Name() string { return p.object.Name }

// Key is namespace/name.
func (p *Pod) Key() string { return kinds.KeyOf(p.object) }

// Node is the name of the node that it is bound to, "" before.
func (p *Pod) Node() string { return p.object.Spec.NodeName }

// Stream is the name under which the pod draws its chance.
func (p *Pod) Stream() string { return fmt.Sprintf("%s#%d", p.Workload, p.Ordinal) }

// Came is its number among all pods that came.
func (p *Pod) Came() int { return p.serial }

// Gone reports whether it has left the API.
func (p *Pod) Gone() bool { return p.gone }

// Deleting reports whether its deletion has begun.
func (p *Pod) Deleting() bool { return p.object.DeletionTimestamp != nil }

// Ended reports whether its phase is Succeeded or Failed.
func (p *Pod) Ended() bool {
	return p.object.Status.Phase == v1.PodSucceeded || p.object.Status.Phase == v1.PodFailed
}

// OwnerKind is the kind of the object that controls it, nil of a bare pod.
func (p *Pod) OwnerKind() *kinds.Kind { return p.kind }

// Owner is the UID of the object that controls it, "" of a bare pod.
func (p *Pod) Owner() types.UID { return p.owner }

// About is a duration of about d that belongs to the pod.
func (p *Pod) About(d time.Duration, what string) time.Duration {
	return p.store.Streams.About(d, what, p.Stream())
}

// Pods walks over all pods in the order they came.
func (s *Store) Pods() iter.Seq[*Pod] { return s.pods.all.each() }

// Pod is the pod of a name, nil when there is none.
func (s *Store) Pod(namespace, name string) *Pod {
	p, _ := s.pods.all.get(kinds.Key(namespace, name))
	return p
}

// Seen is the pod that somebody saw, nil when it is gone.
func (s *Store) Seen(seen *v1.Pod) *Pod {
	if p := s.Pod(seen.Namespace, seen.Name); p != nil && p.object.UID == seen.UID {
		return p
	}
	return nil
}

// PodsOf are the pods that an object controls, in the order they came.
func (s *Store) PodsOf(owner types.UID) (list []*Pod) {
	for p := range s.pods.byOwner[owner].each() {
		list = append(list, p)
	}
	return list
}

// PodObjectsOf is PodsOf as they are stored.
func (s *Store) PodObjectsOf(owner types.UID) []*v1.Pod {
	list := make([]*v1.Pod, 0, s.pods.byOwner[owner].len())
	for p := range s.pods.byOwner[owner].each() {
		list = append(list, p.object)
	}
	return list
}

// PodsOn are the pods that are bound to a node, in the order they came.
func (s *Store) PodsOn(node string) (list []*Pod) {
	for p := range s.pods.byNode[node].each() {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *Pod) int { return cmp.Compare(a.serial, b.serial) })
	return list
}

// Selected are the pods of a namespace that a selector matches, in the order they
// came.
func (s *Store) Selected(namespace string, selector labels.Selector) []*Pod {
	return s.pods.byLabel.Matching(namespace, selector)
}

// CreatePod is a pod sent to the API server, with the defaults, UID and name that
// it gets there: the server takes it, or the error is its answer.
func (s *Store) CreatePod(o *v1.Pod) (*Pod, error) {
	owner := s.controller(o)
	w := workload{key: kinds.WorkloadKey(o.Namespace, kinds.Pod, o.Name)}
	if owner != nil {
		w = s.workloadOf(owner)
	}
	if s.Pod(o.Namespace, o.Name) != nil {
		return nil, apierrors.NewAlreadyExists(v1.Resource("pods"), o.Name)
	}
	if err := s.Admission.Admit(o); err != nil {
		s.refused(w.key, o, err)
		return nil, err
	}
	s.taken(w.key, kinds.Pod)
	p := &Pod{store: s, object: o, Workload: w.key, Ordinal: s.pods.ordinal(w.key), Requests: PodRequests(o)}
	if owner != nil {
		p.owner, p.kind = owner.GetUID(), s.Kinds.Of(owner)
	}
	s.pods.add(p)
	limits, unlimited := MemoryLimits(o)
	s.Record(record.PodCreated{
		At: s.At(), Pod: p.Key(), Owner: w.key,
		Revision: s.Kinds.RevisionOf(o, owner, w.top), For: s.Kinds.TargetOf(o, owner), Requests: p.Requests,
		MemoryLimit: limits, Unlimited: unlimited, QOSClass: string(qos.GetPodQOS(o)),
		Claims: ClaimsOf(o),
	})
	if o.Spec.NodeName != "" { // its manifest binds it
		s.Record(record.PodScheduled{At: s.At(), Pod: p.Key(), Node: o.Spec.NodeName})
	}
	s.tellPod(PodChange{Pod: p, New: o, Concerns: Everybody})
	return p, nil
}

// ordinal counts the pods of a workload.
func (t *podTable) ordinal(workload string) int {
	if t.ordinals == nil {
		t.ordinals = map[string]int{}
	}
	t.ordinals[workload]++
	return t.ordinals[workload]
}

func (t *podTable) add(p *Pod) {
	t.serial++
	p.serial = t.serial
	t.all.put(p.Key(), p)
	p.entry = t.byLabel.Add(p.Namespace(), p.object.Labels, p)
	if p.owner != "" {
		if t.byOwner == nil {
			t.byOwner = map[types.UID]*ordered[types.UID, *Pod]{}
		}
		if t.byOwner[p.owner] == nil {
			t.byOwner[p.owner] = &ordered[types.UID, *Pod]{}
		}
		t.byOwner[p.owner].put(p.object.UID, p)
	}
	if p.Node() != "" {
		t.bind(p)
	}
}

func (t *podTable) bind(p *Pod) {
	if t.byNode == nil {
		t.byNode = map[string]*ordered[types.UID, *Pod]{}
	}
	if t.byNode[p.Node()] == nil {
		t.byNode[p.Node()] = &ordered[types.UID, *Pod]{}
	}
	t.byNode[p.Node()].put(p.object.UID, p)
}

func (t *podTable) remove(p *Pod) {
	t.all.remove(p.Key())
	t.byLabel.Remove(p.entry)
	if list := t.byOwner[p.owner]; list != nil {
		if list.remove(p.object.UID); list.len() == 0 {
			delete(t.byOwner, p.owner)
		}
	}
	if list := t.byNode[p.Node()]; list != nil {
		list.remove(p.object.UID)
	}
}

// Write replaces the stored pod by a copy that was changed, and tells who watches. change
// may do what it likes to the status and to the finalizers. Of the rest it may set a
// field, such as spec.nodeName or labels, but has to leave alone what a field refers to:
// the copy shares that with the pod as it was.
func (p *Pod) Write(c Concerns, change func(next *v1.Pod)) {
	s, old := p.store, p.object
	next := &v1.Pod{}
	*next = *old
	next.Finalizers = slices.Clone(old.Finalizers)
	old.Status.DeepCopyInto(&next.Status)
	if sim.Invariants {
		was := old.DeepCopy()
		defer func() {
			if !apiequality.Semantic.DeepEqual(was, old) {
				panic("apiserver: a write of pod " + p.Key() + " has changed what it was before")
			}
		}()
	}
	change(next)
	s.serial++
	next.ResourceVersion = fmt.Sprint(s.serial)
	p.object = next
	if old.Spec.NodeName == "" && next.Spec.NodeName != "" {
		s.pods.bind(p)
	}
	if !maps.Equal(old.Labels, next.Labels) {
		s.pods.byLabel.Relabel(p.entry, next.Labels)
	}
	s.tellPod(PodChange{Pod: p, Old: old, New: next, Concerns: c})
}

func (s *Store) tellPod(c PodChange) {
	for _, w := range s.podWatchers {
		w.PodChanged(c)
	}
}

// SetCondition sets a condition of a pod that is being written, with the
// whole-second time that the API keeps.
func (s *Store) SetCondition(next *v1.Pod, kind v1.PodConditionType, status v1.ConditionStatus, reason,
	message string) {
	c := v1.PodCondition{
		Type: kind, Status: status, Reason: reason, Message: message,
		LastTransitionTime: metav1.NewTime(s.WallNow().Truncate(time.Second)),
	}
	for i := range next.Status.Conditions {
		if old := &next.Status.Conditions[i]; old.Type == kind {
			if old.Status == status {
				c.LastTransitionTime = old.LastTransitionTime
			}
			*old = c
			return
		}
	}
	next.Status.Conditions = append(next.Status.Conditions, c)
}
