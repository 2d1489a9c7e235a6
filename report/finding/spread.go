package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
)

// findSkewLeft tells of rollouts that left pods less evenly spread than a
// topologySpreadConstraint asks for, where they were not before. The scheduler looks at it
// for each new pod, with the old ones there; nobody moves pods when those go.
func findSkewLeft(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) (all []result.Finding) {
		for _, l := range w.Left {
			change := "Add pod-template-hash to matchLabelKeys of the constraint, so that each revision is spread by itself."
			switch {
			case l.ByHash && l.Hard:
				change = "Let fewer pods of a rollout come at once: pods that go while others are placed leave gaps."
			case l.ByHash:
				change = "Set whenUnsatisfiable: DoNotSchedule, or run a descheduler."
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("a rollout left its pods with a skew of %d over %s%s (%s), where maxSkew is %d and it held before: "+
					"the old pods counted, too, while the new ones were placed.", l.Skew, l.Key, f.inRuns(l.Runs), l.Counts, l.MaxSkew),
				Change: change,
			})
			if l.ByHash {
				all[len(all)-1].What = fmt.Sprintf("a rollout left its pods with a skew of %d over %s%s (%s), where maxSkew is %d "+
					"and it held before.", l.Skew, l.Key, f.inRuns(l.Runs), l.Counts, l.MaxSkew)
			}
		}
		return all
	})
}
