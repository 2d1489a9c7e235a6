package nodes

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// evictions is the taint eviction: it deletes pods from nodes with NoExecute
// taints when their tolerations run out.
type evictions struct {
	requests
	decides *nodelifecycle.TaintEviction
	due     sim.Timer // of the next pod whose time has come
}

func newEvictions(p *manager.Parts, o Options) *evictions {
	client := p.Server.NewClient(manager.Options{Latency: o.Latency})
	e := &evictions{requests: requests{p, client}, decides: nodelifecycle.NewTaintEviction()}
	e.due.Init(p.Loop, sim.PhaseControl, e.onDue)
	return e
}

// nodeChanged is a node that is new (old is nil) or changed.
func (e *evictions) nodeChanged(old, next *v1.Node) {
	var pods []*v1.Pod
	if len(next.Spec.Taints) > 0 || (old != nil && len(old.Spec.Taints) > 0) {
		pods = podsOn(e.Store, next.Name)
	}
	e.evict(e.decides.NodeChanged(old, next, pods, e.WallNow()))
	e.setDue()
}

// nodeGone is a node that is deleted.
func (e *evictions) nodeGone(o *v1.Node) { e.evict(e.decides.NodeChanged(o, nil, nil, e.WallNow())) }

// podChanged is a pod that is new on a node, or gone.
func (e *evictions) podChanged(before, after *v1.Pod) {
	e.evict(e.decides.PodChanged(before, after, e.WallNow()))
	e.setDue()
}

func (e *evictions) setDue() {
	if at, ok := e.decides.Next(); ok {
		e.due.Set(max(e.Instant(at), e.Now()))
		return
	}
	e.due.Stop()
}

func (e *evictions) onDue(now sim.Time) {
	e.evict(e.decides.Due(e.Wall(now)))
	e.setDue()
}

// evict carries out decisions. The workers of the controller are side by side, and
// each reads its pod, gives it a condition and deletes it
// (pkg/controller/tainteviction/taint_eviction.go, addConditionAndDeletePod).
func (e *evictions) evict(actions []nodelifecycle.Action) {
	for _, action := range actions {
		switch a := action.(type) {
		case nodelifecycle.Event:
			e.Event(types.UID(kinds.Key(a.Namespace, a.Name)))
		case nodelifecycle.EvictPod:
			if p := e.Pod(a.Namespace, a.Name); p != nil {
				e.Read(func(sim.Time) { e.evictPod(p, a.Condition) })
			}
		}
	}
}

func (e *evictions) evictPod(p *apiserver.Pod, c v1.PodCondition) {
	e.Write(func(sim.Time) {
		if !p.Gone() {
			p.Write(apiserver.Nobody, func(next *v1.Pod) { e.SetCondition(next, c.Type, c.Status, c.Reason, c.Message) })
		}
	}, func(sim.Time) {
		e.Send(func(sim.Time) { p.Delete(apiserver.Why{Reason: record.Tainted}) })
	})
}
