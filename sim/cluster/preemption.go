package cluster

import (
	"fmt"
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// preemptionWorkers delete victims side by side (the scheduler's parallelism).
const preemptionWorkers = 16

// makeRoom takes away the nominations that are void and then the victims, the
// last one when all others are: from then on the pod is tried again
// (pkg/scheduler/framework/preemption/executor.go, prepareCandidateAsync).
func (s *scheduler) makeRoom(p *pod, r sched.Result) {
	if len(r.Denominated) > 0 {
		other := r.Denominated[0]
		r.Denominated = r.Denominated[1:]
		s.client.Write(func(sim.Time) {
			if o := s.world.seenPod(other); o != nil {
				o.write(func(next *v1.Pod) { next.Status.NominatedNodeName = "" })
			}
		}, func(sim.Time) { s.makeRoom(p, r) })
		return
	}
	if len(r.Victims) == 0 {
		s.upstream.Preempted(p.api)
		return
	}
	last := len(r.Victims) - 1
	s.preemptAll(p, r.Victims[:last], func(sim.Time) {
		s.preempt(p, r.Victims[last], func() { s.upstream.Preempted(p.api) }, func(sim.Time) {})
	})
}

// preemptAll deletes victims in chunks, one after the other in each
// (pkg/scheduler/framework/parallelize/parallelism.go, chunkSizeFor).
func (s *scheduler) preemptAll(p *pod, victims []sched.Victim, done func(sim.Time)) {
	size := max(1, min(int(math.Sqrt(float64(len(victims)))), len(victims)/preemptionWorkers+1))
	left := (len(victims) + size - 1) / size
	if left == 0 {
		done(0)
		return
	}
	for chunk := range slices.Chunk(victims, size) {
		s.preemptSeries(p, chunk, func(at sim.Time) {
			if left--; left == 0 {
				done(at)
			}
		})
	}
}

func (s *scheduler) preemptSeries(p *pod, victims []sched.Victim, done func(sim.Time)) {
	if len(victims) == 0 {
		done(0)
		return
	}
	s.preempt(p, victims[0], func() {}, func(sim.Time) { s.preemptSeries(p, victims[1:], done) })
}

// preempt takes a victim away for a pod: a condition, then the deletion. begun
// runs when that begins, done when it is answered.
func (s *scheduler) preempt(p *pod, victim sched.Victim, begun func(), done func(sim.Time)) {
	v := s.world.seenPod(victim.Pod)
	if v == nil {
		begun()
		done(0)
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
			begun()
			if !v.removed && v.api.DeletionTimestamp == nil {
				v.deletedBy = fmt.Sprintf("Pod %s, whose priority is %d against %d", p.name(), priorityOf(p.api), priorityOf(v.api))
			}
			v.delete(record.Preempted)
		}, done)
	})
}
