package nodelifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
)

// deciders is what stands in for the real controllers. A test breaks one.
type deciders struct {
	tick       func(*Monitor, View, time.Time) []Action
	taintPass  func(*Monitor, func(string) *v1.Node, time.Time) []Action
	noSchedule func(*v1.Node, time.Time) []Action
	assigned   func(*Monitor, *v1.Pod, time.Time) []Action
	node       func(*TaintEviction, *v1.Node, *v1.Node, []*v1.Pod, time.Time) []Action
	pod        func(*TaintEviction, *v1.Pod, *v1.Pod, time.Time) []Action
	config     func(*Config)
}

func faithful() deciders {
	return deciders{tick: (*Monitor).Tick, taintPass: (*Monitor).TaintPass, noSchedule: NoScheduleTaints,
		assigned: (*Monitor).PodAssigned,
		node:     (*TaintEviction).NodeChanged, pod: (*TaintEviction).PodChanged, config: func(*Config) {}}
}

// ours is a world with our controllers.
type ours struct {
	*world
	t       *testing.T
	d       deciders
	loop    *sim.Loop
	monitor *Monitor
	evicts  *TaintEviction
	wake    *sim.Timer
}

func playOurs(t *testing.T, h *history, d deciders) []string {
	cfg := h.cfg
	d.config(&cfg)
	monitor, err := NewMonitor(cfg)
	require.NoError(t, err)
	o := &ours{world: newWorld(), t: t, d: d, loop: sim.NewLoop(), monitor: monitor, evicts: NewTaintEviction()}
	o.start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	o.now = func() time.Time { return o.start.Add(time.Duration(o.loop.Now())) }
	o.after = func(d time.Duration, f func()) {
		o.loop.After(d, sim.PhaseControl, sim.Func(func(sim.Time) { f() }))
	}
	o.deliver = o.see
	o.wake = o.loop.NewTimer(sim.PhaseControl, func(sim.Time) { o.do(o.evicts.Due(o.now())) })
	for _, s := range h.steps {
		o.loop.At(sim.Time(s.at), sim.PhaseControl, sim.Func(func(sim.Time) { s.do(o.world) }))
	}
	o.every(monitorOffset, cfg.NodeMonitorPeriod, func() { o.do(d.tick(o.monitor, o.view(), o.now())) })
	o.every(0, TaintPeriod, func() {
		if o.monitor.Waiting() {
			o.do(d.taintPass(o.monitor, o.cachedNode, o.now()))
		}
	})
	require.NoError(t, o.loop.RunUntil(t.Context(), sim.Time(length)))
	return o.log()
}

func (o *ours) every(first, period time.Duration, f func()) {
	var tick sim.Func
	tick = func(now sim.Time) {
		f()
		o.loop.At(now.Add(period), sim.PhaseControl, tick)
	}
	o.loop.At(sim.Time(first), sim.PhaseControl, tick)
}

func (o *ours) cachedNode(name string) *v1.Node { n, _ := o.cache["node/"+name].(*v1.Node); return n }

// see is what a watch tells the controllers.
func (o *ours) see(before, after runtime.Object) {
	now := o.now()
	b, node := before.(*v1.Node)
	a, newNode := after.(*v1.Node)
	if node || newNode {
		if a != nil {
			o.do(o.d.noSchedule(a, now))
			o.do(o.d.node(o.evicts, b, a, o.view().PodsOn(a.Name), now))
		} else {
			o.do(o.d.node(o.evicts, b, nil, nil, now))
		}
		return
	}
	was, pod := before.(*v1.Pod)
	is, newPod := after.(*v1.Pod)
	if !pod && !newPod {
		return
	}
	o.after(evictionOffset, func() { o.do(o.d.pod(o.evicts, was, is, o.now())) })
	if was == nil && o.cachedNode(is.Spec.NodeName) != nil {
		o.do(o.d.assigned(o.monitor, is, now))
	}
}

// do is the API server's side of actions.
func (o *ours) do(actions []Action) {
	for _, action := range actions {
		switch a := action.(type) {
		case SetConditions:
			n := o.node(a.Node)
			n.Status.Conditions = a.Conditions
			o.put(n, true)
		case ChangeTaints:
			n := o.node(a.Node)
			n.Spec.Taints = a.Apply(n.Spec.Taints)
			o.put(n, true)
		case MarkPodNotReady:
			p := o.pod(a.Pod.Name)
			p.Status.Conditions = a.Conditions
			o.put(p, true)
		case EvictPod:
			o.evict(a)
		case Event:
			o.event(a.Kind, a.Namespace, a.Name, a.Type, a.Reason, a.Message)
		default:
			o.t.Fatalf("an action %T", action)
		}
	}
	if at, ok := o.evicts.Next(); ok {
		o.wake.Set(sim.Time(at.Sub(o.start)))
	} else {
		o.wake.Stop()
	}
}

func (o *ours) evict(a EvictPod) {
	p := o.pod(a.Name)
	if p == nil {
		return
	}
	c := a.Condition
	c.ObservedGeneration = p.Generation
	c.LastTransitionTime.Time = o.now()
	if i, old := podutil.GetPodCondition(&p.Status, c.Type); old == nil {
		p.Status.Conditions = append(p.Status.Conditions, c)
	} else if old.Status != c.Status || old.Reason != c.Reason {
		p.Status.Conditions[i] = c
	}
	o.put(p, true)
	o.deletePod(a.Name)
}

// difference is where a history with our deciders departs from upstream's.
func difference(t *testing.T, seed uint64, d deciders) string {
	h := newHistory(seed)
	want, got := playUpstream(t, h), playOurs(t, newHistory(seed), d)
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return fmt.Sprintf("seed %d: upstream nothing\ngot      %s", seed, got[i])
		case i >= len(got):
			return fmt.Sprintf("seed %d: upstream %s\ngot      nothing", seed, want[i])
		case want[i] != got[i]:
			return fmt.Sprintf("seed %d: upstream %s\ngot      %s", seed, want[i], got[i])
		}
	}
	return ""
}

// TestNodesFailAsUpstream also holds that the histories are eventful.
func TestNodesFailAsUpstream(t *testing.T) {
	happened := map[string]int{}
	for seed := range uint64(150) {
		require.Empty(t, difference(t, seed, faithful()))
		for _, line := range playOurs(t, newHistory(seed), faithful()) {
			for _, what := range []string{"NodeNotReady Node n-", "NodeNotReady Node is not ready", "RemovingNode", "NoExecute",
				"memory-pressure", "unschedulable",
				"Marking for deletion", "Cancelling deletion", "DeletionByTaintManager", "NeverUpdated"} {
				if strings.Contains(line, what) {
					happened[what]++
				}
			}
		}
	}
	require.Len(t, happened, 10)
	for what, n := range happened {
		require.Greater(t, n, 20, what)
	}
}

// TestBrokenNodeDecidersAreCaught shows that the comparison can fail, for each
// of the controllers.
func TestBrokenNodeDecidersAreCaught(t *testing.T) {
	for name, spoil := range map[string]func(*deciders){
		"grace period a tick short": func(d *deciders) {
			d.config = func(c *Config) { c.NodeMonitorGracePeriod -= 5 * time.Second }
		},
		"startup grace period wrong": func(d *deciders) {
			d.config = func(c *Config) { c.NodeStartupGracePeriod = c.NodeMonitorGracePeriod }
		},
		"taints at twice the rate": func(d *deciders) { d.config = func(c *Config) { c.NodeEvictionRate *= 2 } },
		"zones never unhealthy":    func(d *deciders) { d.config = func(c *Config) { c.UnhealthyZoneThreshold = 1 } },
		"forgets the pods": func(d *deciders) {
			d.tick = func(m *Monitor, v View, now time.Time) []Action {
				v.PodsOn = func(string) []*v1.Pod { return nil }
				return m.Tick(v, now)
			}
		},
		"ignores leases": func(d *deciders) {
			d.tick = func(m *Monitor, v View, now time.Time) []Action {
				v.Lease = func(string) *coordv1.Lease { return nil }
				return m.Tick(v, now)
			}
		},
		"one zone": func(d *deciders) {
			d.tick = func(m *Monitor, v View, now time.Time) []Action {
				for i, n := range v.Nodes {
					v.Nodes[i] = n.DeepCopy()
					delete(v.Nodes[i].Labels, v1.LabelTopologyZone)
				}
				return m.Tick(v, now)
			}
		},
		"no condition taints": func(d *deciders) { d.noSchedule = func(*v1.Node, time.Time) []Action { return nil } },
		"late pods are ready": func(d *deciders) { d.assigned = func(*Monitor, *v1.Pod, time.Time) []Action { return nil } },
		"evicts a second late": func(d *deciders) {
			d.node = func(e *TaintEviction, b, a *v1.Node, pods []*v1.Pod, now time.Time) []Action {
				return e.NodeChanged(b, a, pods, now.Add(time.Second))
			}
		},
		"looks at all tolerations": func(d *deciders) {
			d.node = func(e *TaintEviction, b, a *v1.Node, pods []*v1.Pod, now time.Time) []Action {
				var list []*v1.Pod
				for _, p := range pods {
					p = p.DeepCopy()
					for i := range p.Spec.Tolerations {
						p.Spec.Tolerations[i].Key = ""
					}
					list = append(list, p)
				}
				return e.NodeChanged(b, a, list, now)
			}
		},
		"never cancels": func(d *deciders) {
			d.node = func(e *TaintEviction, b, a *v1.Node, pods []*v1.Pod, now time.Time) []Action {
				if a != nil && len(noExecute(a.Spec.Taints)) == 0 {
					return nil
				}
				return e.NodeChanged(b, a, pods, now)
			}
		},
		"blind to new tolerations": func(d *deciders) {
			d.pod = func(e *TaintEviction, b, a *v1.Pod, now time.Time) []Action {
				if a != nil && b != nil {
					return nil
				}
				return e.PodChanged(b, a, now)
			}
		},
	} {
		d := faithful()
		spoil(&d)
		caught := false
		for seed := uint64(0); seed < 60 && !caught; seed++ {
			caught = difference(t, seed, d) != ""
		}
		require.True(t, caught, name)
	}
}
