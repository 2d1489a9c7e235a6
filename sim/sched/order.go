package sched

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// order is upstream's cache, and the order in which it would have the pods of each node
// had it been told of all changes. A pod that changes is taken out and comes to the end,
// and the last one comes to where it was (framework/types.go, removeFromSlice). Among
// victims alike preemption goes by that order, nothing else does.
type order struct {
	internalcache.Cache
	on map[string][]types.UID // the pods of each node
	of map[types.UID]seat
	// priorities are how many pods on nodes have each.
	priorities map[int32]int
	// started are the pods that the cache has with another start time.
	started map[types.UID]*v1.Pod
}

// seat is where a pod is.
type seat struct {
	node     string
	priority int32
}

func newOrder(c internalcache.Cache) *order {
	return &order{Cache: c, on: map[string][]types.UID{}, of: map[types.UID]seat{}, priorities: map[int32]int{},
		started: map[types.UID]*v1.Pod{}}
}

// below reports whether a pod on a node has a lower priority than this.
func (o *order) below(priority int32) bool {
	for of := range o.priorities {
		if of < priority {
			return true
		}
	}
	return false
}

func (o *order) add(p *v1.Pod) {
	o.on[p.Spec.NodeName] = append(o.on[p.Spec.NodeName], p.UID)
	of := seat{p.Spec.NodeName, corev1helpers.PodPriority(p)}
	o.of[p.UID] = of
	o.priorities[of.priority]++
}

func (o *order) remove(uid types.UID) {
	delete(o.started, uid)
	of, there := o.of[uid]
	if !there {
		return
	}
	delete(o.of, uid)
	if o.priorities[of.priority]--; o.priorities[of.priority] == 0 {
		delete(o.priorities, of.priority)
	}
	list := o.on[of.node]
	last := len(list) - 1
	list[slices.Index(list, uid)] = list[last]
	if o.on[of.node] = list[:last]; last == 0 {
		delete(o.on, of.node)
	}
}

// again is a change that the cache isn't told of.
func (o *order) again(old, p *v1.Pod) {
	was := o.started[p.UID]
	o.remove(p.UID)
	o.add(p)
	if was != nil || !sameTime(old.Status.StartTime, p.Status.StartTime) {
		o.started[p.UID] = seen(p)
	}
}

// done keeps up with the cache.
func (o *order) done(err error, gone, there *v1.Pod) error {
	if err != nil {
		return err
	}
	if gone != nil {
		o.remove(gone.UID)
	}
	if there != nil {
		o.add(there)
	}
	return nil
}

// AddPod implements internalcache.Cache.
func (o *order) AddPod(l klog.Logger, p *v1.Pod) error { return o.done(o.Cache.AddPod(l, p), p, p) }

// UpdatePod implements internalcache.Cache.
func (o *order) UpdatePod(l klog.Logger, old, p *v1.Pod) error {
	return o.done(o.Cache.UpdatePod(l, old, p), old, p)
}

// RemovePod implements internalcache.Cache.
func (o *order) RemovePod(l klog.Logger, p *v1.Pod) error {
	return o.done(o.Cache.RemovePod(l, p), p, nil)
}

// AssumePod implements internalcache.Cache.
func (o *order) AssumePod(l klog.Logger, p *v1.Pod) error {
	return o.done(o.Cache.AssumePod(l, p), nil, p)
}

// ForgetPod implements internalcache.Cache.
func (o *order) ForgetPod(l klog.Logger, p *v1.Pod) error {
	return o.done(o.Cache.ForgetPod(l, p), p, nil)
}

// RemoveAssumedPod implements internalcache.Cache.
func (o *order) RemoveAssumedPod(l klog.Logger, p *v1.Pod) error {
	return o.done(o.Cache.RemoveAssumedPod(l, p), p, nil)
}

// restore puts the pods of a snapshot's nodes into that order, with their start times. A
// node shares what it has of a pod with the cache, which counts the pod by its UID.
func (o *order) restore(s *internalcache.Snapshot) error {
	nodes, err := s.NodeInfos().List()
	if err != nil {
		return err
	}
	for _, n := range nodes {
		info := n.(*framework.NodeInfo)
		place := make(map[types.UID]int, len(info.Pods))
		for i, uid := range o.on[info.Node().Name] {
			place[uid] = i
		}
		if len(place) != len(info.Pods) {
			panic("sched: the pods of node " + info.Node().Name + " are not those that it has been told of")
		}
		for i := range info.Pods {
			if p := o.started[info.Pods[i].GetPod().UID]; p != nil {
				info.Pods[i].(*framework.PodInfo).Pod = p
			}
		}
		for i := range info.Pods {
			for at := place[info.Pods[i].GetPod().UID]; at != i; at = place[info.Pods[i].GetPod().UID] {
				info.Pods[i], info.Pods[at] = info.Pods[at], info.Pods[i]
			}
		}
	}
	return nil
}
