package daemonset

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
)

// rollingUpdate decides which old pods go, or which nodes get a new pod beside
// the old one (update.go). An error fails the sync.
func (s *daemonSync) rollingUpdate() error {
	maxSurge, maxUnavailable, desired, err := s.updatedDesiredNodeCounts()
	if err != nil {
		return err
	}
	if maxSurge == 0 {
		s.replace(maxUnavailable)
		return nil
	}
	return s.surge(maxSurge, desired)
}

func (s *daemonSync) updatedDesiredNodeCounts() (maxSurge, maxUnavailable, desired int, err error) {
	for i := range s.nodes {
		if s.nodes[i].shouldRun {
			desired++
		}
	}
	if maxUnavailable, err = util.UnavailableCount(s.ds, desired); err != nil {
		return 0, 0, 0, fmt.Errorf("couldn't get unavailable numbers: invalid value for MaxUnavailable: %w", err)
	}
	if maxSurge, err = util.SurgeCount(s.ds, desired); err != nil {
		return 0, 0, 0, fmt.Errorf("couldn't get unavailable numbers: invalid value for MaxSurge: %w", err)
	}
	if desired > 0 && maxUnavailable == 0 && maxSurge == 0 {
		maxUnavailable = 1
	}
	return maxSurge, maxUnavailable, desired, nil
}

// replace deletes old pods that aren't available, and available ones as far as
// maxUnavailable allows. Nodes that have a pod under deletion, or none, count
// as unavailable.
func (s *daemonSync) replace(maxUnavailable int) {
	var doomed, candidates []*v1.Pod
	unavailable := 0
	judge := func(pods []*v1.Pod) {
		newPod, oldPod, ok := s.findUpdatedPodsOnNode(pods)
		switch {
		case !ok, (newPod == nil) == (oldPod == nil): // manage makes it right
			unavailable++
		case newPod != nil:
			if !s.available(newPod) {
				unavailable++
			}
		case !s.available(oldPod):
			doomed = append(doomed, oldPod)
			unavailable++
		case unavailable < maxUnavailable:
			candidates = append(candidates, oldPod)
		}
	}
	s.eachGroup(func(_ *nodeState, g group) error { judge(g.pods); return nil })
	left := min(max(0, maxUnavailable-unavailable), len(candidates))
	s.syncNodes(append(doomed, candidates[:left]...), nil)
}

// eachGroup walks over the nodes that have pods or should have one, n being nil
// for nodes that are gone.
func (s *daemonSync) eachGroup(visit func(n *nodeState, g group) error) error {
	for i := range s.nodes {
		n := &s.nodes[i]
		if len(n.pods) == 0 && !n.shouldRun {
			continue
		}
		if err := visit(n, group{n.node.Name, n.pods}); err != nil {
			return err
		}
	}
	for _, g := range s.absent {
		if err := visit(nil, g); err != nil {
			return err
		}
	}
	return nil
}

// findUpdatedPodsOnNode tells the new pod from the old one, those under
// deletion left out; ok is false when there are several of a kind.
func (s *daemonSync) findUpdatedPodsOnNode(pods []*v1.Pod) (newPod, oldPod *v1.Pod, ok bool) {
	for _, pod := range pods {
		if terminating(pod) {
			continue
		}
		found := &oldPod
		if s.updated(pod) {
			found = &newPod
		}
		if *found != nil {
			return nil, nil, false
		}
		*found = pod
	}
	return newPod, oldPod, true
}
