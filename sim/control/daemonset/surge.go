package daemonset

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
)

// surgePlan is what a rolling update with maxSurge does: new pods come before
// the old ones go (update.go, rollingUpdate).
type surgePlan struct {
	doomed     []*v1.Pod // replaced, or on a node they have no business on
	sunset     []*v1.Pod // available on nodes that should not run one
	allowed    []string  // nodes whose old pod isn't available
	candidates []string  // nodes whose old pod is
	surging    int
	available  int
}

func (s *daemonSync) surge(maxSurge, desired int) error {
	p := &surgePlan{}
	err := s.eachGroup(func(n *nodeState, g group) error { return s.judgeSurge(p, maxSurge, n, g) })
	if err != nil {
		return err
	}
	// Available pods where none should run go once there are enough elsewhere.
	if spare := min(p.available-desired, len(p.sunset)); spare > 0 {
		p.doomed = append(p.doomed, p.sunset[:spare]...)
	}
	left := min(max(0, maxSurge-p.surging), len(p.candidates))
	s.syncNodes(p.doomed, append(p.allowed, p.candidates[:left]...))
	return nil
}

func (s *daemonSync) judgeSurge(p *surgePlan, maxSurge int, n *nodeState, g group) error {
	newPod, oldPod, ok := s.findUpdatedPodsOnNode(g.pods)
	if !ok { // manage makes it right
		p.surging++
		return nil
	}
	if oldPod != nil && s.available(oldPod) || oldPod == nil && newPod != nil && s.available(newPod) {
		p.available++
	}
	switch {
	case oldPod == nil: // as it should be, or manage makes it right
	case newPod == nil && n == nil:
		return fmt.Errorf("couldn't get node for nodeName %q: node %q not found", g.node, g.node)
	case newPod == nil && !s.available(oldPod):
		if n.shouldRun {
			p.allowed = append(p.allowed, g.node)
		} else {
			p.doomed = append(p.doomed, oldPod)
		}
	case newPod == nil && !n.shouldRun:
		p.sunset = append(p.sunset, oldPod)
	case newPod == nil:
		if p.surging < maxSurge {
			p.candidates = append(p.candidates, g.node)
		}
	case !s.available(newPod):
		p.surging++
	default:
		p.doomed = append(p.doomed, oldPod)
	}
	return nil
}
