package loop

import (
	"fmt"
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// preemptionWorkers delete victims side by side (the scheduler's parallelism).
const preemptionWorkers = 16

// makeRoom takes away the nominations that are void and then the victims, the
// last one when all others are: from then on the pod is tried again
// (pkg/scheduler/framework/preemption/executor.go, prepareCandidateAsync).
func (s *Scheduler) makeRoom(p *apiserver.Pod, r sched.Result) {
	if len(r.Denominated) > 0 {
		other := r.Denominated[0]
		r.Denominated = r.Denominated[1:]
		s.client.Write(func(sim.Time) {
			if o := s.Seen(other); o != nil {
				o.Write(apiserver.Nobody, func(next *v1.Pod) { next.Status.NominatedNodeName = "" })
			}
		}, func(sim.Time) { s.makeRoom(p, r) })
		return
	}
	if len(r.Victims) == 0 {
		s.upstream.Preempted(p.Object())
		return
	}
	last := len(r.Victims) - 1
	s.preemptAll(p, r.Victims[:last], func() {
		s.preempt(p, r.Victims[last], func() { s.upstream.Preempted(p.Object()) }, func() {})
	})
}

// preemptAll deletes victims in chunks, one after the other in each
// (pkg/scheduler/framework/parallelize/parallelism.go, chunkSizeFor).
func (s *Scheduler) preemptAll(p *apiserver.Pod, victims []sched.Victim, done func()) {
	size := max(1, min(int(math.Sqrt(float64(len(victims)))), len(victims)/preemptionWorkers+1))
	left := (len(victims) + size - 1) / size
	if left == 0 {
		done()
		return
	}
	for chunk := range slices.Chunk(victims, size) {
		s.preemptSeries(p, chunk, func() {
			if left--; left == 0 {
				done()
			}
		})
	}
}

func (s *Scheduler) preemptSeries(p *apiserver.Pod, victims []sched.Victim, done func()) {
	if len(victims) == 0 {
		done()
		return
	}
	s.preempt(p, victims[0], func() {}, func() { s.preemptSeries(p, victims[1:], done) })
}

// preempt takes a victim away for a pod: a condition, then the deletion. begun
// runs when that begins, done when it is answered.
func (s *Scheduler) preempt(p *apiserver.Pod, victim sched.Victim, begun, done func()) {
	v := s.Seen(victim.Pod)
	if v == nil {
		begun()
		done()
		return
	}
	s.client.Write(func(sim.Time) {
		if !v.Gone() {
			v.Write(apiserver.Nobody, func(next *v1.Pod) {
				s.SetCondition(next, v1.DisruptionTarget, v1.ConditionTrue, v1.PodReasonPreemptionByScheduler, victim.Message)
			})
		}
	}, func(sim.Time) {
		s.client.Write(func(sim.Time) {
			begun()
			v.Delete(apiserver.Why{
				Reason: record.Preempted,
				By: fmt.Sprintf("Pod %s, whose priority is %d against %d", p.Key(), priorityOf(p.Object()),
					priorityOf(v.Object())),
			})
		}, func(sim.Time) { done() })
	})
}
