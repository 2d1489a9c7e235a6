package fold

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Pod is the state of a pod while its replication is read.
type Pod struct {
	result.Pod
	workload   *workload
	Requests   record.Resources
	claim      memoryClaim
	Claims     []string // of its volumes, as namespace/name
	containers map[string]*container
	isReady    bool
	// active is true while it counts towards the replicas.
	active bool
	exists bool
	disk   bool // it was evicted for what is written to its node's disk
	// unready is when it last stopped being Ready.
	unready sim.Time
	// placed is true while it takes room on its node.
	placed bool
	// target is the node that a pod of a DaemonSet is for.
	Target string
	// reason and message are the scheduler's latest refusal, first its first
	// message.
	reason, Message, First string
	NoDevices              bool // on any machine, for its claims
	grace                  sim.Time

	running int // containers
	since   sim.Time
	// ran is how long any container ran, atRisk the same up to the first OOM
	// kill.
	ran, atRisk sim.Time
}

// container is the state of a container of a pod.
type container struct {
	started sim.Time
	running bool
	serving bool
	// ended is true once it has ended by itself and well, at done after took.
	ended      bool
	done, took sim.Time
}

// podRecord takes the records that are about one pod.
func (r *replication) podRecord(rec record.Record) error {
	switch rec := rec.(type) {
	case record.PodCreated:
		r.podCreated(rec)
		return nil
	case record.PodUnschedulable:
		return r.with(rec.Pod, func(p *Pod) {
			text := upstream.OfAnyPod(rec.Message, p.Name)
			if p.Message == "" {
				p.First = text
			}
			p.reason, p.Message, p.NoDevices = rec.Reason, text, rec.NoDevices
		})
	case record.PodScheduled:
		return r.with(rec.Pod, func(p *Pod) { r.podScheduled(p, rec) })
	case record.ContainerWaiting:
		return r.with(rec.Pod, func(p *Pod) { p.workload.waiting(p, rec) })
	case record.ImagePulled:
		return r.with(rec.Pod, func(*Pod) {})
	case record.ContainerStarted:
		return r.with(rec.Pod, func(p *Pod) { p.containerStarted(rec) })
	case record.ContainerServing:
		return r.with(rec.Pod, func(p *Pod) { p.containerServing(rec) })
	case record.ContainerExited:
		return r.with(rec.Pod, func(p *Pod) { p.containerExited(rec) })
	case record.ProbeFailed:
		return r.with(rec.Pod, func(*Pod) {})
	case record.ContainerKilling:
		return r.with(rec.Pod, func(*Pod) {})
	case record.ContainerHook:
		return r.with(rec.Pod, func(p *Pod) { p.workload.evidence.hooks.Add(rec) })
	case record.ProcessKilled:
		return r.with(rec.Pod, func(*Pod) {})
	case record.PodEvicted:
		return r.with(rec.Pod, func(p *Pod) {
			p.disk = rec.Resource != ""
			p.workload.shortages.Evict(rec)
		})
	case record.PodReady:
		return r.with(rec.Pod, func(p *Pod) { p.ready(rec.T, rec.Ready) })
	case record.PodDeleting:
		return r.with(rec.Pod, func(p *Pod) { p.deleting(rec) })
	case record.PodGone:
		return r.with(rec.Pod, func(p *Pod) { r.podGone(p, rec.T) })
	case record.PodFinished:
		return r.with(rec.Pod, func(p *Pod) { r.podFinished(p, rec) })
	}
	return fmt.Errorf("kind: must be one of the report's, got %q", rec.Kind())
}

func (r *replication) with(name string, do func(*Pod)) error {
	p, ok := r.living[name]
	if !ok {
		return fmt.Errorf("pod: must have been created, got %q", name)
	}
	do(p)
	return nil
}

func (r *replication) podCreated(rec record.PodCreated) {
	p := &Pod{
		Pod:        result.Pod{Name: rec.Pod, Owner: rec.Owner, Revision: rec.Revision, Created: rec.T, Phase: "Pending"},
		workload:   r.workload(rec.Owner),
		Requests:   rec.Requests,
		Target:     rec.For,
		Claims:     rec.Claims,
		claim:      memoryClaim{rec.MemoryLimit, rec.Unlimited, rec.QOSClass},
		containers: map[string]*container{},
		active:     true,
		exists:     true,
	}
	r.living[rec.Pod] = p
	r.pods = append(r.pods, p)
	p.workload.podCreated(p, rec.T)
}

func (r *replication) podScheduled(p *Pod, rec record.PodScheduled) {
	r.vacate(p)
	p.Scheduled, p.Node, p.placed = &rec.T, rec.Node, true
	p.workload.node = rec.Node
	r.node(rec.Node).place(p.Requests)
	r.node(rec.Node).promise(p.claim, 1)
}

// ready follows the Ready condition. Only an active pod's counts, as in a
// ReplicaSet's status.readyReplicas.
func (p *Pod) ready(t sim.Time, ready bool) {
	if ready && p.Pod.Ready == nil {
		p.Pod.Ready = &t
		p.workload.firstReady(p, t)
	}
	if !ready {
		p.unready = t
	}
	if p.active && ready != p.isReady {
		p.workload.ready += delta(ready)
	}
	p.isReady = ready
	p.workload.observe()
}

func (p *Pod) deleting(rec record.PodDeleting) {
	p.Deleting, p.Deleted, p.grace = &rec.T, rec.Reason, rec.Grace
	p.DeletedBy = p.deletedBy(rec)
	p.workload.evidence.cut.Delete(rec, p.Scheduled, p.Requests.GPU)
	p.deactivate()
	p.workload.terminating.enter(rec.T)
}

// outdated reports whether a pod is of a revision before that of the last rollout.
func (w *workload) outdated(p *Pod) bool {
	last := len(w.rollouts) - 1
	return last >= 0 && w.rollouts[last].Revision != p.Revision
}

// deletedBy says who had the pod deleted. A ReplicaSet that scales down does so
// for a rollout, when the pod is of an old revision, or since spec.replicas of
// the workload went down.
func (p *Pod) deletedBy(rec record.PodDeleting) string {
	w := p.workload
	switch last := len(w.rollouts) - 1; {
	case rec.By != "":
		return rec.By
	case w.outdated(p) && (rec.Reason == record.ScaledDown || rec.Reason == record.RolledOut):
		ro := w.rollouts[last]
		return fmt.Sprintf("the %s, begun at %s", words.Rollout(ro.Initial, ro.Images, ro.Before), words.Clock(ro.Started))
	case rec.Reason == record.ScaledDown && w.scaled.To < w.scaled.From:
		return fmt.Sprintf("%s, which scaled from %d to %d at %s", scaler(w.scaled.By), w.scaled.From, w.scaled.To,
			words.Clock(w.scaled.T))
	}
	return ""
}

// scaler is who wrote spec.replicas.
func scaler(by record.Scaler) string {
	switch by {
	case record.ByAutoscaler:
		return "the HorizontalPodAutoscaler"
	case record.ByKEDA:
		return "KEDA"
	case record.ByTimeline:
		return "the timeline"
	}
	return "its controller"
}

// deactivate takes the pod out of its workload's replicas.
func (p *Pod) deactivate() {
	if !p.active {
		return
	}
	p.active = false
	p.workload.active--
	if p.isReady {
		p.workload.ready--
	}
	p.workload.observe()
}

func (r *replication) podGone(p *Pod, t sim.Time) {
	if !p.exists {
		return
	}
	p.Gone = &t
	p.exists = false
	p.stopClock(t)
	p.deactivate()
	p.workload.existing--
	if p.Deleting != nil {
		p.workload.terminating.leave(t)
	}
	r.vacate(p)
}

func (r *replication) podFinished(p *Pod, rec record.PodFinished) {
	p.Phase = rec.Phase
	p.stopClock(rec.T)
	p.deactivate()
	r.vacate(p)
}

func (r *replication) vacate(p *Pod) {
	if p.placed {
		r.node(p.Node).remove(p.Requests)
		r.node(p.Node).promise(p.claim, -1)
		p.placed = false
	}
}

// waits reports whether the pod waits for a node.
func (p *Pod) waits() bool {
	return p.Scheduled == nil && p.Deleting == nil && p.Gone == nil && p.Phase == "Pending"
}

// waited is how long it did, up to now.
func (p *Pod) waited(now sim.Time) sim.Time {
	until := now
	switch {
	case p.Scheduled != nil:
		until = *p.Scheduled
	case p.Deleting != nil:
		until = *p.Deleting
	case p.Gone != nil:
		until = *p.Gone
	}
	return until - p.Created
}

// until is when the pod's deletion was asked for, or now.
func (p *Pod) until(now sim.Time) sim.Time {
	if p.Deleting != nil {
		return *p.Deleting
	}
	return now
}

func delta(up bool) int {
	if up {
		return 1
	}
	return -1
}
