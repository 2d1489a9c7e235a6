package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// findHookKills tells of containers that the kubelet killed because their postStart hook
// had failed.
func findHookKills(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, name := range slices.Sorted(maps.Keys(w.Evidence.HookKills)) {
			t := w.Evidence.HookKills[name]
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s was killed %s because its postStart hook had failed%s.", name, words.Times(t.N),
					f.inRuns(t.Runs)),
				Change: "Mend the hook. It runs beside the start of the process, so what asks the process has to wait until it listens.",
			})
		}
		return all
	})
}

// findCutHooks tells of preStop hooks that had not ended when the grace period was over.
func findCutHooks(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, key := range w.Evidence.Hooks.Hooks() {
			h := w.Evidence.Hooks[key]
			if h.Cut == 0 {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("the %s hook of container %s had not ended %s when the grace period was over, after up to %s%s: "+
					"the process then gets SIGTERM, and SIGKILL 2s later.", key.Name, key.Container, words.Times(h.Cut),
					words.Time(h.Grace), f.inRuns(h.Runs)),
				Change: "Raise terminationGracePeriodSeconds above what the hook takes and what the process needs after it.",
			})
		}
		return all
	})
}
