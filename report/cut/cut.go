// Package cut counts the work that deletions cut off: that of pods whose place others took,
// and what the pods that a scale-down took had in their hands.
package cut

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Work is that of a workload's pods. Runs counts replications, once they are folded.
type Work struct {
	// Preempted pods had a node for Placed in all, times their GPUs for GPUs.
	Preempted    int64
	Placed, GPUs time.Duration
	By           string // the first that took a place
	PreemptedIn  int

	// Hands counts requests and messages that processes of pods which a scale-down
	// took had not finished.
	Hands   int64
	HandsIn int
}

// Delete counts the deletion of a pod that has had a node since an instant, nil for never.
func (w *Work) Delete(rec record.PodDeleting, scheduled *sim.Time, gpus int64) {
	if rec.Reason != record.Preempted || scheduled == nil {
		return
	}
	held := time.Duration(rec.T - *scheduled)
	w.Preempted, w.PreemptedIn = w.Preempted+1, 1
	w.Placed += held
	w.GPUs += held * time.Duration(gpus)
	if w.By == "" {
		w.By = rec.By
	}
}

// Exit counts the end of a process with work in hand, of a pod that was deleted for a reason,
// "" for none. outdated says that a rollout replaces its like.
func (w *Work) Exit(reason record.Deletion, outdated bool, inHand int) {
	if reason == record.ScaledDown && !outdated && inHand > 0 {
		w.Hands, w.HandsIn = w.Hands+int64(inHand), 1
	}
}

// Fold adds that of a replication to that of all.
func (w *Work) Fold(o Work) {
	w.Preempted += o.Preempted
	w.PreemptedIn += o.PreemptedIn
	w.Placed += o.Placed
	w.GPUs += o.GPUs
	w.Hands += o.Hands
	w.HandsIn += o.HandsIn
	if w.By == "" {
		w.By = o.By
	}
}
