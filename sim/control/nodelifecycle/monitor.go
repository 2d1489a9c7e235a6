package nodelifecycle

import (
	"fmt"
	"maps"
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	nodetopology "k8s.io/component-helpers/node/topology"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
)

// View is what the monitor sees.
type View struct {
	Nodes []*v1.Node // by name
	// Lease is the node's lease, nil for none.
	Lease func(node string) *coordv1.Lease
	// PodsOn are the pods bound to the node.
	PodsOn func(node string) []*v1.Pod
}

// Monitor watches over the nodes' signs of life
// (pkg/controller/nodelifecycle/node_lifecycle_controller.go).
type Monitor struct {
	cfg    Config
	clock  virtualClock
	known  map[string]bool
	health map[string]*health
	zones  map[string]zoneState
	queues map[string]*taintQueue // by zone; they outlive their zones
}

// NewMonitor returns a monitor that has just started.
func NewMonitor(cfg Config) (*Monitor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Monitor{cfg: cfg, known: map[string]bool{}, health: map[string]*health{}, zones: map[string]zoneState{},
		queues: map[string]*taintQueue{}}, nil
}

// Pass is one look at all nodes. Upstream writes between its two halves, which
// can take seconds when many pods have to be marked; meanwhile TaintPass goes on.
type Pass struct {
	*pass
	ready map[string][]*v1.NodeCondition // by zone
}

type pass struct {
	*Monitor
	View
	now     time.Time
	actions []Action
}

// Tick is due every NodeMonitorPeriod (monitorNodeHealth): nodes that were
// silent for too long get Unknown conditions, those that are not Ready wait for
// a NoExecute taint or lose it, and their pods are marked not Ready. It is a
// Pass whose writes take no time.
func (m *Monitor) Tick(v View, now time.Time) []Action {
	p, actions := m.Begin(v, now)
	return append(actions, p.End(now)...)
}

// Begin looks at each node and its pods, and returns what has to be written
// before the End.
func (m *Monitor) Begin(v View, now time.Time) (Pass, []Action) {
	m.clock.now = now
	p := &pass{Monitor: m, View: v, now: now}
	p.classify()
	zones := map[string][]*v1.NodeCondition{}
	for _, node := range v.Nodes {
		ready := p.examine(node)
		if _, excluded := node.Labels[excludeFromDisruption]; !excluded {
			zone := nodetopology.GetZoneKey(node)
			zones[zone] = append(zones[zone], ready)
		}
	}
	return Pass{p, zones}, p.actions
}

// End looks at the zones as a whole (handleDisruption), at the nodes as they
// were at the Begin.
func (p Pass) End(now time.Time) []Action {
	p.clock.now, p.now, p.actions = now, now, nil
	p.handleDisruption(p.ready)
	return p.actions
}

const excludeFromDisruption = "node.kubernetes.io/exclude-disruption"

// classify takes notice of nodes that are new or gone (classifyNodes). What
// it knows of the health of one that is gone stays, for one of the same name.
func (p *pass) classify() {
	seen := map[string]bool{}
	var added []*v1.Node
	for _, node := range p.Nodes {
		seen[node.Name] = true
		if p.known[node.Name] {
			p.openZone(node)
		} else {
			added = append(added, node)
		}
	}
	for _, node := range added {
		p.nodeEvent(node.Name, "RegisteredNode", fmt.Sprintf("Node %s event: Registered Node %s in Controller", node.Name,
			node.Name))
		p.known[node.Name] = true
		p.openZone(node)
		p.reachable(node)
	}
	for _, name := range slices.Sorted(maps.Keys(p.known)) {
		if !seen[name] {
			p.nodeEvent(name, "RemovingNode", fmt.Sprintf("Node %s event: Removing Node %s from Controller", name, name))
			delete(p.known, name)
		}
	}
}

// openZone is addPodEvictorForNewZone.
func (p *pass) openZone(node *v1.Node) {
	zone := nodetopology.GetZoneKey(node)
	if _, found := p.zones[zone]; !found {
		p.zones[zone] = initial
		p.queues[zone] = newTaintQueue(&p.clock, p.cfg.NodeEvictionRate)
	}
}

// examine does everything about one node and returns its Ready condition.
func (p *pass) examine(node *v1.Node) *v1.NodeCondition {
	_, ready := nodeutil.GetNodeCondition(&node.Status, v1.NodeReady)
	before := v1.ConditionUnknown
	if ready != nil {
		before = ready.Status
	}
	if conditions := p.update(node); conditions != nil {
		node = node.DeepCopy()
		node.Status.Conditions = conditions
		_, ready = nodeutil.GetNodeCondition(&node.Status, v1.NodeReady)
	}
	if ready == nil {
		return nil
	}
	p.queueForTaint(node, ready.Status)
	if ready.Status != v1.ConditionTrue && before == v1.ConditionTrue {
		p.nodeEvent(node.Name, "NodeNotReady", fmt.Sprintf("Node %s status is now: NodeNotReady", node.Name))
		for _, pod := range p.PodsOn(node.Name) {
			p.actions = append(p.actions, markNotReady(pod, p.now)...)
		}
	}
	return ready
}

// queueForTaint is processTaintBaseEviction: the rate limits a node's first
// NoExecute taint; its change into the other one is made at once.
func (p *pass) queueForTaint(node *v1.Node, status v1.ConditionStatus) {
	own, opposite := notReady, unreachable
	switch status {
	case v1.ConditionTrue:
		p.reachable(node)
		return
	case v1.ConditionUnknown:
		own, opposite = unreachable, notReady
	}
	if taintutils.TaintExists(node.Spec.Taints, &opposite) {
		p.actions = append(p.actions, change(node.Name, []*v1.Taint{&own}, []*v1.Taint{&opposite}, p.now))
		return
	}
	q := p.queues[nodetopology.GetZoneKey(node)]
	if !taintutils.TaintExists(node.Spec.Taints, &own) {
		q.remove(node.Name) // to the end of the line, again at every pass
	}
	q.add(node.Name)
}

// reachable is markNodeAsReachable.
func (p *pass) reachable(node *v1.Node) {
	for _, t := range []v1.Taint{unreachable, notReady} {
		if taintutils.TaintExists(node.Spec.Taints, &t) {
			p.actions = append(p.actions, ChangeTaints{Node: node.Name, Remove: []v1.Taint{t}})
		}
	}
	p.queues[nodetopology.GetZoneKey(node)].remove(node.Name)
}

func (p *pass) nodeEvent(node, reason, message string) {
	p.actions = append(p.actions, Event{Kind: "Node", Name: node, Type: v1.EventTypeNormal, Reason: reason,
		Message: message})
}
