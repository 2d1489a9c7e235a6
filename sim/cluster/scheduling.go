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
	s := &scheduler{world: w, upstream: upstream, client: w.server.NewClient(manager.Options{Latency: manager.WatchTime + manager.CallTime/2, QPS: qps, Burst: burst})}
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
	if s.upstream.Ready() && s.upstream.Take() {
		s.running = true
		s.world.loop.After(cycleTime, sim.PhaseSchedule, sim.Func(s.cycle))
		return
	}
	s.flush.Set(s.upstream.NextFlush())
}

func (s *scheduler) cycle(sim.Time) {
	r := s.upstream.Try()
	p := (*pod)(nil)
	if r.Pod != nil {
		p = s.world.seenPod(r.Pod)
	}
	switch {
	case p == nil:
		s.next(0)
	case r.Node != "":
		s.client.WriteIn(s.bindTime(), func(sim.Time) { s.bind(p, r.Node) }, func(sim.Time) {})
		s.next(0)
	default:
		s.rejected(p, r)
	}
}

func (s *scheduler) next(sim.Time) {
	s.running = false
	s.kick()
}

// bindTime is what a binding takes.
func (s *scheduler) bindTime() time.Duration {
	return max(0, s.world.spec.Latencies.Scheduler-manager.WatchTime-cycleTime)
}

func priorityOf(o *v1.Pod) int32 {
	if o.Spec.Priority == nil {
		return 0
	}
	return *o.Spec.Priority
}

// rejected makes room for a pod if it may, and writes into its status why it was
// rejected. The scheduler waits for the answer before it turns to the next
// (schedule_one.go, handleSchedulingFailure).
func (s *scheduler) rejected(p *pod, r sched.Result) {
	w := s.world
	if len(r.Victims)+len(r.Denominated) > 0 {
		s.makeRoom(p, r)
	}
	if r.Message == p.message && r.NominatedNode == p.api.Status.NominatedNodeName {
		s.next(0)
		return
	}
	p.message = r.Message
	w.record(record.PodUnschedulable{At: w.at(), Pod: p.name(), Reason: r.Reason, Message: r.Message, Nominated: r.NominatedNode})
	s.client.Write(func(sim.Time) {
		if !p.removed {
			p.write(func(next *v1.Pod) {
				p.setCondition(next, v1.PodScheduled, v1.ConditionFalse, r.Reason, r.Message)
				next.Status.NominatedNodeName = r.NominatedNode
			})
		}
	}, s.next)
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
