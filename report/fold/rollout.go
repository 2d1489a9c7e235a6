package fold

import (
	"fmt"
	"math"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// rollout is one rollout of a workload in one replication.
type rollout struct {
	result.Rollout
	// over is true once it is complete or another has taken its place.
	Over bool
	end  sim.Time
	// before are the images of the rollout before it.
	Before []string
	// stuck is the pod of the new revision that waited longest for a node.
	Stuck       *Pod
	StuckFor    sim.Time
	stuckAtLast bool
}

func (r *replication) rollout(rec record.Rollout) error {
	w := r.workload(rec.Workload)
	switch rec.Phase {
	case record.RolloutStarted:
		w.startRollout(r.index, rec)
		w.spread.Started(func() []string { return r.nodesOf(w) })
	case record.RolloutComplete:
		w.spread.Complete(func() []string { return r.nodesOf(w) }, len(w.rollouts) == 1)
		for _, ro := range w.open() {
			ro.Complete = &rec.T
			ro.Completed = 1
			ro.Over, ro.end = true, rec.T
		}
	case record.RolloutStalled:
		for _, ro := range w.open() {
			if ro.Stalled == nil {
				ro.Stalled = &rec.T
			}
			ro.Message = rec.Message
		}
	case record.RolloutPaused:
		for _, ro := range w.open() {
			ro.Paused = &rec.T
		}
	case record.RolloutResumed:
		for _, ro := range w.open() {
			ro.Paused = nil
		}
	default:
		return fmt.Errorf("phase: must be one of started, complete, stalled, paused, resumed, got %q", rec.Phase)
	}
	return nil
}

// nodesOf are the nodes of the pods of a workload that count.
func (r *replication) nodesOf(w *workload) (nodes []string) {
	for _, p := range r.living {
		if p.workload == w && p.active && p.placed && p.Deleting == nil {
			nodes = append(nodes, p.Node)
		}
	}
	return nodes
}

func (w *workload) startRollout(replication int, rec record.Rollout) {
	var before []string
	for _, ro := range w.open() {
		ro.Over, ro.end = true, rec.T
	}
	if n := len(w.rollouts); n > 0 {
		before = w.rollouts[n-1].Images
	}
	w.rollouts = append(w.rollouts, &rollout{
		Rollout: result.Rollout{
			Initial:      len(w.rollouts) == 0,
			Revision:     rec.Revision,
			Images:       result.NotNil(rec.Images),
			Replication:  replication,
			Started:      rec.T,
			ReadyMin:     w.ready,
			PodsMax:      w.active,
			PodsMaxAll:   w.existing,
			Replications: 1,
		},
		Before: before,
	})
}

func (ro *rollout) podCreated(p *Pod, t sim.Time) {
	if p.Revision == ro.Revision && ro.FirstCreated == nil {
		ro.FirstCreated = &t
	}
}

func (ro *rollout) podReady(p *Pod, t sim.Time) {
	if p.Revision == ro.Revision && ro.FirstReady == nil {
		ro.FirstReady = &t
	}
}

func (ro *rollout) observe(w *workload) {
	ro.ReadyMin = min(ro.ReadyMin, w.ready)
	ro.PodsMax = max(ro.PodsMax, w.active)
	ro.PodsMaxAll = max(ro.PodsMaxAll, w.existing)
}

// settle notes a pod of the rollout that the scheduler refused.
func (ro *rollout) settle(p *Pod, now sim.Time) {
	inTime := p.Created >= ro.Started && (ro.end == 0 || p.Created <= ro.end)
	if p.Revision != ro.Revision || p.Message == "" || !inTime {
		return
	}
	if d := p.waited(now); ro.Stuck == nil || d > ro.StuckFor {
		ro.Stuck, ro.StuckFor, ro.stuckAtLast = p, d, p.waits()
	}
}

// seconds is how long it took, infinite when it did not complete.
func (ro *rollout) seconds() stat.Value {
	if ro.Complete == nil {
		return stat.Value(math.Inf(1))
	}
	return stat.Value((*ro.Complete - ro.Started).Seconds())
}
