package measure

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// causes of downtime, in the order of the metrics; the last is what is none of the others.
var causes = [...]string{"rollout", "drain", "oom", "machine", "scale-down", "other"}

// Indices of causes.
const (
	rollout = iota
	drain
	oom
	machine
	scaleDown
	other
)

// memoryOf is for how long after a disturbance of a workload an outage may come of it.
const memoryOf = sim.Time(5 * time.Minute)

// disturbance is something that happened to a pod of a workload.
type disturbance struct {
	t     sim.Time
	cause int
}

// pod is a pod that is there.
type pod struct {
	owner, node string
	ready       bool // once
}

// replication is what is kept of one.
type replication struct {
	run      record.Run
	index    int
	end      record.EndReason
	services map[string]*service
	pods     map[string]*pod
	rollouts map[string]int  // of workloads, so far
	rolling  map[string]bool // workloads whose rollout goes on
	happened map[string][]disturbance
	gone     map[string]sim.Time // machines
}

func newReplication(run record.Run, index int) *replication {
	r := &replication{run: run, index: index, services: map[string]*service{}, pods: map[string]*pod{},
		rollouts: map[string]int{}, rolling: map[string]bool{}, happened: map[string][]disturbance{},
		gone: map[string]sim.Time{}}
	for _, s := range run.Services {
		of := r.service(s.Key)
		of.workloads = s.Workloads
		if s.Objective != nil && s.Objective.Share > 0 {
			of.objective = s.Objective.Share
		}
	}
	return r
}

func (r *replication) service(key string) *service {
	s := r.services[key]
	if s == nil {
		s = &service{objective: objective}
		r.services[key] = s
	}
	return s
}

func (r *replication) add(rec record.Record, t sim.Time) {
	switch rec := rec.(type) {
	case record.Requests:
		r.requests(rec)
	case record.Outage:
		s := r.service(rec.Service)
		s.down[r.causeOf(s, rec)] += rec.T - rec.From
	case record.Rollout:
		r.turn(rec)
	case record.NodeChanged:
		r.node(rec)
	case record.PodCreated:
		r.pods[rec.Pod] = &pod{owner: rec.Owner}
	case record.PodScheduled:
		if p := r.pods[rec.Pod]; p != nil {
			p.node = rec.Node
		}
	case record.PodReady:
		if p := r.pods[rec.Pod]; p != nil && rec.Ready && !p.ready {
			p.ready = true
			if r.rolling[p.owner] {
				r.disturb(t, p.owner, rollout) // requests come to a new pod
			}
		}
	case record.PodDeleting:
		r.deleting(rec)
	case record.ContainerExited:
		r.exited(rec)
	case record.PodGone:
		delete(r.pods, rec.Pod)
	case record.End:
		r.end = rec.Reason
	}
}

func (r *replication) turn(rec record.Rollout) {
	switch rec.Phase {
	case record.RolloutStarted:
		r.rollouts[rec.Workload]++
		if r.rollouts[rec.Workload] > 1 { // the first makes the workload
			r.rolling[rec.Workload] = true
			r.disturb(rec.T, rec.Workload, rollout)
		}
	case record.RolloutComplete:
		r.rolling[rec.Workload] = false
	}
}

// node notes a machine that fails or goes.
func (r *replication) node(rec record.NodeChanged) {
	switch rec.Phase {
	case record.NodeRemoved:
		r.gone[rec.Node] = rec.T
	case record.NodeFailed, record.NodeShuttingDown, record.NodeNotReady:
	default:
		return
	}
	for _, p := range r.pods {
		if p.node == rec.Node {
			r.disturb(rec.T, p.owner, machine)
		}
	}
}

func (r *replication) deleting(rec record.PodDeleting) {
	p := r.pods[rec.Pod]
	if p == nil {
		return
	}
	cause := other
	switch rec.Reason {
	case record.ScaledDown: // also of an old ReplicaSet that makes room
		cause = scaleDown
		if r.rolling[p.owner] {
			cause = rollout
		}
	case record.RolledOut:
		cause = rollout
	case record.Evicted:
		cause = drain
	case record.Tainted, record.Orphaned, record.OutOfService:
		cause = machine
	}
	r.disturb(rec.T, p.owner, cause)
}

func (r *replication) exited(rec record.ContainerExited) {
	p := r.pods[rec.Pod]
	if p == nil {
		return
	}
	switch rec.Cause {
	case record.OutOfMemory, record.PodOutOfMemory, record.NodeOutOfMemory, record.GPUOutOfMemory, record.EvictedByKubelet:
		r.disturb(rec.T, p.owner, oom)
	case record.MachineStopped:
		r.disturb(rec.T, p.owner, machine)
	case record.LivenessFailed, record.StartupFailed, record.HookFailed, record.ExitedByItself:
		r.disturb(rec.T, p.owner, other)
	}
}

// disturb notes a disturbance, once for each instant and cause.
func (r *replication) disturb(t sim.Time, workload string, cause int) {
	list := r.happened[workload]
	if n := len(list); n > 0 && list[n-1] == (disturbance{t, cause}) {
		return
	}
	r.happened[workload] = append(list, disturbance{t, cause})
}

// causeOf is what an outage came of: the last that happened to pods behind the Service
// before it, else the first in the course of it.
func (r *replication) causeOf(s *service, o record.Outage) int {
	cause, at := other, sim.Time(-1)
	during := sim.Time(-1)
	for _, workload := range s.workloads {
		list := r.happened[workload]
		for i := len(list) - 1; i >= 0 && list[i].t >= o.From-memoryOf; i-- {
			d := list[i]
			switch {
			case d.t > o.T:
			case d.t <= o.From && d.t > at:
				cause, at = d.cause, d.t
			case d.t > o.From && at < 0 && (during < 0 || d.t < during):
				cause, during = d.cause, d.t
			}
		}
	}
	return cause
}
