// Package keda is KEDA's operator in a run, an extension of the cluster. It
// watches ScaledObjects, makes their HorizontalPodAutoscalers, answers these for
// external metrics, and scales to zero and from it. What it decides is
// sim/control/keda's.
package keda

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Extension adds ScaledObjects to a cluster.
func Extension() manager.Extension {
	return manager.Extension{
		Kinds: []kinds.Kind{{
			GroupVersionKind: keda.GroupVersionKind,
			Resource:         schema.GroupResource{Group: keda.GroupVersionKind.Group, Resource: "scaledobjects"}, Short: "so",
			Zero: &keda.ScaledObject{}, Recorded: true,
			Also: func(o kinds.Object) []string {
				return []string{"HorizontalPodAutoscaler/" + kinds.Key(o.GetNamespace(), o.(*keda.ScaledObject).AutoscalerName())}
			},
		}},
		New: func(p *manager.Parts) (manager.Component, error) { return newOperator(p), nil },
	}
}

// operator looks after all ScaledObjects.
type operator struct {
	*manager.Parts
	states map[types.UID]*state
}

func newOperator(p *manager.Parts) *operator {
	c := &operator{Parts: p, states: map[types.UID]*state{}}
	p.SetStrategy(keda.GroupVersionKind.Kind, strategy{})
	p.Metrics.External(c.answer)
	return c
}

// Start implements manager.Component. The operator acts when objects change.
func (c *operator) Start(sim.Time) {}

// Close implements manager.Component. Nothing is left to tell.
func (c *operator) Close(sim.Time) {}

// state is what the operator keeps of one ScaledObject.
type state struct {
	c        *operator
	api      *keda.ScaledObject // as it is stored, or was last
	memory   keda.State
	timer    sim.Timer // of the scale loop
	again    sim.Timer // of a reconciliation that failed
	failures int       // of the last ones, one after the other
	original int32     // replicas of the target before it was scaled, -1 when unknown
	recorder recorder
}

// Changed implements apiserver.Watcher.
func (c *operator) Changed(change apiserver.Change) {
	o, is := change.Object().(*keda.ScaledObject)
	if !is {
		return
	}
	s := c.states[o.UID]
	switch {
	case change.New == nil:
		delete(c.states, o.UID)
		s.end()
		return
	case s == nil:
		s = &state{c: c, memory: keda.State{Created: o.CreationTimestamp.Time}, original: -1}
		s.timer.Init(c.Loop, sim.PhaseControl, s.poll)
		s.again.Init(c.Loop, sim.PhaseControl, s.reconcile)
		c.states[o.UID] = s
	case same(s.api, o):
		s.api = o
		return
	case s.api.AutoscalerName() != o.AutoscalerName():
		s.deleteAutoscaler()
	}
	s.api = o
	// The operator makes the autoscaler and begins a new loop.
	c.Loop.After(c.OperatorTime, sim.PhaseControl, sim.Func(s.reconcile))
}

// end is the deletion of the ScaledObject (scaledobject_finalizer.go). The garbage
// collector takes the autoscaler.
func (s *state) end() {
	s.timer.Stop()
	s.again.Stop()
	if a := s.api.Spec.Advanced; a != nil && a.RestoreToOriginalReplicaCount && s.original >= 0 {
		if t := s.target(); t.Scale != nil && t.Scale.Spec.Replicas != s.original {
			s.scale(t, s.original)
		}
	}
}
