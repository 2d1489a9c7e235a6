// Package nodes is the controllers of failing nodes of a run: the monitor of their
// signs of life, the taint eviction and the pod garbage collector. What they
// decide is sim/control/nodelifecycle's (pkg/controller/nodelifecycle,
// pkg/controller/tainteviction, pkg/controller/podgc).
//
//   - monitor.go: leases are seen, conditions and taints of nodes are written
//   - evictions.go: pods that don't tolerate the taints of their nodes are deleted
//   - collector.go: pods that nobody else would remove are removed
//   - requests.go: how the three write
//
// They poll, but only while there is something to see.
package nodes

import (
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	nodeutil "k8s.io/kubernetes/pkg/controller/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Machines is what can be known of the machines of nodes. They are asked for nodes
// that the store has.
type Machines interface {
	// Lease is the lease of a node as it was at an instant, nil before its first
	// renewal.
	Lease(node string, at sim.Time) *coordv1.Lease
	// Down reports whether a machine is down.
	Down(node string) bool
	// Joined is when a machine joined.
	Joined(node string) sim.Time
}

// Options are what runs differ in.
type Options struct {
	// Config is the flags, the default ones when it is zero.
	Config nodelifecycle.Config
	// Latency is from a change to the end of the first write that answers it.
	Latency time.Duration
	// PollAlways lets the monitor poll from the start to the end, as the real one
	// does, instead of only while there is something to see.
	PollAlways bool
}

// Controller is the three controllers.
type Controller struct {
	*manager.Parts
	machines  Machines
	monitor   *monitor
	evictions *evictions
	collector *collector
	nodes     map[types.UID]*node
	started   bool
}

// node is a Node as it is stored, or was last.
type node struct{ api *v1.Node }

// New returns the controllers. They have to watch the store and its pods. An error
// is a fault of the flags.
func New(p *manager.Parts, machines Machines, o Options) (*Controller, error) {
	if o.Config == (nodelifecycle.Config{}) {
		o.Config = nodelifecycle.DefaultConfig()
	}
	c := &Controller{Parts: p, machines: machines, evictions: newEvictions(p, o), nodes: map[types.UID]*node{}}
	random := p.Streams.Get("node-lifecycle", "pollers")
	var err error
	if c.monitor, err = newMonitor(p, machines, o, random); err != nil {
		return nil, err
	}
	if c.collector, err = newCollector(p, o, random); err != nil {
		return nil, err
	}
	return c, nil
}

// Start meets the nodes of time 0.
func (c *Controller) Start(sim.Time) {
	c.started = true
	for _, n := range apiserver.List[*v1.Node](c.Store) {
		c.evictions.nodeChanged(nil, n)
		c.monitor.taintByConditions(n)
	}
	c.monitor.begin()
}

// Close implements manager.Component.
func (c *Controller) Close(sim.Time) {}

// Wake lets the monitor look at the nodes regularly from now on. A machine that
// fails or recovers calls it: when it recovers, before that can be seen.
func (c *Controller) Wake() { c.monitor.wake() }

// Changed implements apiserver.Watcher. Nodes that are there before the Start are
// met by it.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*v1.Node)
	switch {
	case !is:
	case change.New == nil:
		delete(c.nodes, o.UID)
		c.evictions.nodeGone(o)
		c.collector.later()
	default:
		n := c.nodes[o.UID]
		if n == nil {
			n = &node{}
			c.nodes[o.UID] = n
		}
		old := n.api
		n.api = o
		if c.started {
			c.nodeChanged(old, n)
		}
	}
}

// nodeChanged tells the controllers of a node that is new (old is nil) or
// changed.
func (c *Controller) nodeChanged(old *v1.Node, n *node) {
	c.evictions.nodeChanged(old, n.api)
	if old != nil {
		c.recordReadiness(old, n.api)
		c.recordTaints(old, n.api)
	}
	c.monitor.nodeChanged(n)
	if outOfService(n.api) {
		c.collector.later()
	}
}

func outOfService(o *v1.Node) bool {
	return taintutils.TaintKeyExists(o.Spec.Taints, v1.TaintNodeOutOfService)
}

// recordReadiness records a change of the Ready condition.
func (c *Controller) recordReadiness(old, next *v1.Node) {
	is := func(o *v1.Node) bool {
		_, ready := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
		return ready != nil && ready.Status == v1.ConditionTrue
	}
	before, after := is(old), is(next)
	if before == after {
		return
	}
	r := record.NodeChanged{At: c.At(), Node: next.Name, Phase: record.NodeNotReady}
	switch lease := c.machines.Lease(next.Name, c.Now()); {
	case after:
		r.Phase = record.NodeReady
	case lease != nil && unknown(next):
		r.Lease = c.Instant(lease.Spec.RenewTime.Time)
	}
	c.Record(r)
}

// unknown reports whether nothing is heard of a node.
func unknown(o *v1.Node) bool {
	_, ready := nodeutil.GetNodeCondition(&o.Status, v1.NodeReady)
	return ready != nil && ready.Status == v1.ConditionUnknown
}

// recordTaints records a change of the taints.
func (c *Controller) recordTaints(old, next *v1.Node) {
	if taints := apiserver.TaintsOf(next); !slices.Equal(taints, apiserver.TaintsOf(old)) {
		c.Record(record.NodeTainted{At: c.At(), Node: next.Name, Taints: taints})
	}
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	old, next := change.Old, change.New
	switch {
	case next == nil:
		c.collector.gone(old)
		c.evictions.podChanged(old, nil)
		return
	case next.Spec.NodeName != "" && (old == nil || old.Spec.NodeName == ""):
		c.evictions.podChanged(nil, next)
	}
	c.collector.podChanged(old, next)
}

// nodeNamed is the Node of a name, nil when there is none.
func nodeNamed(s *apiserver.Store, name string) *v1.Node {
	n, _ := apiserver.Find[*v1.Node](s, "", name)
	return n
}
