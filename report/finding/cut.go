package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findPreempted tells of pods that pods of a higher priority took the place of.
func findPreempted(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		c := w.Evidence.Cut
		if c.Preempted == 0 {
			return nil
		}
		work := words.Time(sim.Time(c.Placed)) + " on nodes"
		if c.GPUs > 0 {
			work = words.Time(sim.Time(c.GPUs)) + " of GPUs"
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s had to make room for a higher priority%s, the first for %s, after %s: what replaces it "+
				"begins anew.", words.CountOf(int(c.Preempted), "pod"), f.inRuns(c.PreemptedIn), c.By, work),
			Change: "Give it a priorityClassName that the other does not exceed, save its work often, or add room for both.",
		}}
	})
}

// findCutMessages tells of messages of a queue that pods had not finished when a scale-down
// took them.
func findCutMessages(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		c := w.Evidence.Cut
		if c.Hands == 0 {
			return nil
		}
		queue := f.queueOf(key)
		if queue == "" {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s of queue %s were in work in pods that a scale-down took%s, and begin again elsewhere.",
				words.CountOf(int(c.Hands), "message"), queue, f.inRuns(c.HandsIn)),
			Change: "Raise terminationGracePeriodSeconds above the longest message and let the process finish it at SIGTERM, " +
				"or run each as a Job (KEDA's ScaledJob), which no scale-down takes.",
		}}
	})
}

// queueOf is the queue whose messages a workload takes, "" for none.
func (f *facts) queueOf(workload string) string {
	for _, key := range slices.Sorted(maps.Keys(f.result.Services)) {
		if name, is := strings.CutPrefix(key, record.QueueNamespace+"/"); is &&
			slices.Contains(f.result.Services[key].Workloads, workload) {
			return name
		}
	}
	return ""
}
