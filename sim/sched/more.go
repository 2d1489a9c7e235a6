package sched

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// More is how many more nodes would take pods that wait: the fewest, at most most, with
// which as many of the pods are placed as with most, and how many of them that are. The
// nodes are like the given ones, in turn. 0 nodes are those that would be of no use. It
// tries it: nodes and copies of the pods are added, placed by the same algorithm without
// preemption, and taken away again. The queue, where each node that comes or goes is a reason
// to ask all pods that wait, is not told of them.
//
// Errors: a plugin failed.
func (s *Scheduler) More(pods []*v1.Pod, like []*v1.Node, most int) (nodes, placed int, err error) {
	without, err := s.with(pods, like, 0)
	if err != nil || without == len(pods) { // which were not tried yet
		return 0, without, err
	}
	placed, err = s.with(pods, like, most)
	if err != nil || placed <= without {
		return 0, without, err
	}
	low, high := 0, most // low are too few, high are enough
	for high-low > 1 {
		middle := (low + high) / 2
		n, err := s.with(pods, like, middle)
		if err != nil {
			return 0, 0, err
		}
		if n >= placed {
			high = middle
		} else {
			low = middle
		}
	}
	return high, placed, nil
}

// with is how many of the pods are placed with more nodes.
func (s *Scheduler) with(pods []*v1.Pod, like []*v1.Node, more int) (count int, err error) {
	var added []*v1.Node
	for i := range more {
		n := anotherNode(like[i%len(like)], i)
		s.reconsider(n)
		s.upstream.Cache.AddNode(s.logger, n)
		added = append(added, n)
	}
	start := s.search.start
	if err := s.upstream.Cache.UpdateSnapshot(s.logger, s.snapshot); err != nil {
		return 0, err
	}
	s.effects.reset()
	var placed []*binding
	filled := generations{}
	for i, pod := range pods {
		profile := s.profiles[pod.Spec.SchedulerName]
		if profile == nil {
			continue
		}
		n, _, fault := s.fill(profile, pod, i, 1, &placed, filled)
		count, err = count+n, errors.Join(err, fault)
	}
	err = errors.Join(err, s.empty(placed, filled))
	s.search.start = start
	for _, n := range added {
		s.reconsider(n)
		err = errors.Join(err, s.upstream.Cache.RemoveNode(s.logger, n))
	}
	return count, err
}

// anotherNode is a node like one, new and with a name that no object can have: without what
// a run has done to that one.
func anotherNode(like *v1.Node, i int) *v1.Node {
	n := like.DeepCopy()
	n.Name = fmt.Sprintf("%s/more-%d", like.Name, i)
	n.UID = ""
	if n.Labels = maps.Clone(n.Labels); n.Labels[v1.LabelHostname] != "" {
		n.Labels[v1.LabelHostname] = n.Name
	}
	n.Spec.Unschedulable = false
	n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t v1.Taint) bool {
		return strings.HasPrefix(t.Key, "node.kubernetes.io/")
	})
	return n
}
