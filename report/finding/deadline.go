package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findShortDeadlines tells of rollouts that were told to have failed, and were
// complete later.
func findShortDeadlines(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, ro := range w.Rollouts {
			late := ro.Late
			if late == nil {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"the %s was told to have exceeded its progress deadline at %s%s, but was complete at %s: kubectl rollout status and pipelines give it up.",
					words.Rollout(late.Initial, late.Images, late.Before), words.Clock(*late.Stalled), f.inRuns(ro.LateRuns),
					words.Clock(*late.Complete)),
				Change: fmt.Sprintf(
					"Set progressDeadlineSeconds to more than a pod takes to be available, with its image pull and model load: here %s from the start to the end.", words.Time(*late.Complete-late.Started)),
			})
		}
		return all
	})
}

// tight is how much of a probe's budget a start may take.
const tight = 0.8

// findTightProbes warns of starts that came close to what the startup or liveness
// probe allows.
func findTightProbes(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, c := range w.Declared.Containers {
			took := w.Evidence.Serving[c.Name]
			killed := w.Evidence.LoadKills[fold.LoadKill{Container: c.Name, Cause: record.LivenessFailed}] != nil ||
				w.Evidence.LoadKills[fold.LoadKill{Container: c.Name, Cause: record.StartupFailed}] != nil
			if c.StartBudget == 0 || killed || float64(took) < tight*float64(c.StartBudget) {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"container %s takes up to %s to listen, and its %s probe kills it after %s: a slower start begins again and again.", c.Name, words.Time(took), c.StartProbe, words.Time(c.StartBudget)),
				Change: "Add a startupProbe, or raise its failureThreshold × periodSeconds, to twice the longest start.",
			})
		}
		return all
	})
}
