package nodelifecycle

import (
	"maps"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
)

// handleDisruption sets the rate of each zone by how many of its nodes are
// Ready. When no node at all is, the monitor suspects itself: it takes all
// NoExecute taints off and stops adding any.
func (p *pass) handleDisruption(ready map[string][]*v1.NodeCondition) {
	next := map[string]zoneState{}
	allDown := true
	for zone, list := range ready { // no order shows
		next[zone] = p.cfg.stateOf(list)
		allDown = allDown && next[zone] == fullDisruption
		if _, had := p.zones[zone]; !had {
			p.zones[zone] = initial
		}
	}
	allWereDown := p.forgetZones(ready)
	switch {
	case allDown && allWereDown:
	case allDown:
		for _, node := range p.Nodes {
			p.reachable(node)
		}
		for zone := range p.zones {
			p.queues[zone].setRate(0)
			p.zones[zone] = fullDisruption
		}
	case allWereDown:
		for _, node := range p.Nodes {
			if h := p.health[node.Name]; h != nil {
				h.probe = p.now
			}
		}
		p.enter(next, ready, true)
	default:
		p.enter(next, ready, false)
	}
}

// forgetZones drops zones without nodes and tells whether all others were down
// in the last pass. Upstream stops at the first one that wasn't, in the order
// of a map; here it is the order of names.
func (p *pass) forgetZones(ready map[string][]*v1.NodeCondition) (allWereDown bool) {
	for _, zone := range slices.Sorted(maps.Keys(p.zones)) {
		if _, have := ready[zone]; !have {
			delete(p.zones, zone)
		} else if p.zones[zone] != fullDisruption {
			return false
		}
	}
	return true
}

func (p *pass) enter(next map[string]zoneState, ready map[string][]*v1.NodeCondition, all bool) {
	for zone, was := range p.zones {
		state, seen := next[zone]
		if !all && was == state {
			continue
		}
		if seen {
			p.queues[zone].setRate(p.cfg.rate(state, len(ready[zone])))
		}
		p.zones[zone] = state
	}
}

// Waiting reports whether a node waits for a NoExecute taint. While none does,
// TaintPass does nothing and need not be called.
func (m *Monitor) Waiting() bool {
	for _, q := range m.queues {
		if len(q.heap) > 0 {
			return true
		}
	}
	return false
}

// TaintPass is due every TaintPeriod (doNoExecuteTaintingPass): nodes at the
// head of their zone's queue get their NoExecute taint as the rates allow. node
// finds a node as it is, nil for one that is gone.
func (m *Monitor) TaintPass(node func(name string) *v1.Node, now time.Time) (actions []Action) {
	m.clock.now = now
	for _, zone := range slices.Sorted(maps.Keys(m.queues)) {
		m.queues[zone].try(func(name string) (done bool, wait time.Duration) {
			n := node(name)
			if n == nil {
				return true, 0
			}
			_, ready := nodeutil.GetNodeCondition(&n.Status, v1.NodeReady)
			if ready == nil {
				return false, 50 * time.Millisecond
			}
			own, opposite := notReady, unreachable
			switch ready.Status {
			case v1.ConditionTrue:
				return true, 0 // it is back
			case v1.ConditionUnknown:
				own, opposite = unreachable, notReady
			}
			actions = append(actions, change(name, []*v1.Taint{&own}, []*v1.Taint{&opposite}, now))
			return true, 0
		})
	}
	return actions
}
