package cluster

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// cycleTime is how long the scheduler is busy with one pod before it turns to
// the next; the rest of Latencies.Scheduler is the binding, which runs beside.
const cycleTime = 3 * time.Millisecond

// scheduler drives upstream's scheduler through virtual time: one pod a cycle,
// while its queue has one.
type scheduler struct {
	world    *World
	upstream *sched.Scheduler
	client   *manager.Client
	running  bool // a cycle is scheduled
	flush    sim.Timer
}

func newScheduler(w *World, upstream *sched.Scheduler) *scheduler {
	qps, burst := upstream.ClientLimit()
	s := &scheduler{world: w, upstream: upstream, client: manager.NewClient(w.loop, qps, burst)}
	s.flush.Init(w.loop, sim.PhaseSchedule, func(sim.Time) {
		upstream.Flush()
		s.kick()
	})
	return s
}

// kick starts a cycle if the queue has a pod for one, and otherwise makes sure
// that the queue's own timers run.
func (s *scheduler) kick() {
	if s.running {
		return
	}
	if s.upstream.Ready() {
		s.running = true
		s.world.loop.After(cycleTime, sim.PhaseSchedule, sim.Func(s.cycle))
		return
	}
	s.flush.Set(s.upstream.NextFlush())
}

func (s *scheduler) cycle(sim.Time) {
	s.running = false
	if r, did := s.upstream.ScheduleOne(); did {
		s.handle(r)
	}
	s.kick()
}

func priorityOf(o *v1.Pod) int32 {
	if o.Spec.Priority == nil {
		return 0
	}
	return *o.Spec.Priority
}

func (s *scheduler) handle(r sched.Result) {
	w := s.world
	p := w.seenPod(r.Pod)
	if p == nil {
		return
	}
	for _, victim := range r.Victims {
		s.preempt(p, victim)
	}
	for _, other := range r.Denominated {
		if o, known := w.pods.get(key(other.Namespace, other.Name)); known {
			o.write(func(next *v1.Pod) { next.Status.NominatedNodeName = "" })
		}
	}
	if r.Node != "" {
		w.loop.After(max(0, w.spec.Latencies.Scheduler-cycleTime), sim.PhaseSchedule, sim.Func(func(sim.Time) {
			s.client.Write(func(sim.Time) { s.bind(p, r.Node) }, func(sim.Time) {})
		}))
		return
	}
	if r.Message != p.message || r.NominatedNode != p.api.Status.NominatedNodeName {
		p.message = r.Message
		w.record(record.PodUnschedulable{At: w.at(), Pod: p.name(), Reason: r.Reason, Message: r.Message, Nominated: r.NominatedNode})
		s.client.Turn() // which bindings wait for; the status itself is only for the reader
		p.write(func(next *v1.Pod) {
			p.setCondition(next, v1.PodScheduled, v1.ConditionFalse, r.Reason, r.Message)
			next.Status.NominatedNodeName = r.NominatedNode
		})
	}
}

// preempt takes a victim away for a pod: a condition, then the deletion
// (pkg/scheduler/framework/preemption, prepareCandidate).
func (s *scheduler) preempt(p *pod, victim sched.Victim) {
	v, known := s.world.pods.get(key(victim.Pod.Namespace, victim.Pod.Name))
	if !known {
		return
	}
	s.client.Write(func(sim.Time) {
		if !v.removed {
			v.write(func(next *v1.Pod) {
				v.setCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonPreemptionByScheduler, victim.Message)
			})
		}
	}, func(sim.Time) {
		s.client.Write(func(sim.Time) {
			if !v.removed && v.api.DeletionTimestamp == nil {
				v.deletedBy = fmt.Sprintf("Pod %s, whose priority is %d against %d", p.name(), priorityOf(p.api), priorityOf(v.api))
			}
			v.delete("preempted")
		}, func(sim.Time) {})
	})
}

// bind is the API server's answer to the binding.
func (s *scheduler) bind(p *pod, node string) {
	w := s.world
	if p.removed || p.api.DeletionTimestamp != nil {
		s.upstream.BindFailed(p.api)
		s.kick()
		return
	}
	p.write(func(next *v1.Pod) {
		next.Spec.NodeName = node
		p.setCondition(next, v1.PodScheduled, v1.ConditionTrue, "", "")
	})
	w.record(record.PodScheduled{At: w.at(), Pod: p.name(), Node: node})
	w.bound(p, node)
}

// note records at once why a new pod can't even be tried.
func (s *scheduler) note(p *pod) {
	var reason string
	switch name := p.api.Spec.SchedulerName; {
	case !s.upstream.HandlesSchedulerName(name):
		reason, p.message = "NoProfile", fmt.Sprintf("no scheduler profile named %q", name)
	case len(p.api.Spec.SchedulingGates) > 0:
		reason, p.message = v1.PodReasonSchedulingGated, "Scheduling is blocked due to non-empty scheduling gates"
	}
	if reason != "" {
		s.world.record(record.PodUnschedulable{At: s.world.at(), Pod: p.name(), Reason: reason, Message: p.message})
	}
}
