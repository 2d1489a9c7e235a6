package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// spacious is the mean working set, of the limit, below which an OOM kill is
// the doing of single pods; hot is the maximum above which the next is near.
const (
	spacious = 0.8
	hot      = 0.9
)

// findProbeKills tells of containers that a probe kills before they listen.
func findProbeKills(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		var all []result.Finding
		for _, k := range w.evidence.loadKillKeys() {
			t := w.evidence.loadKills[k]
			took, needs := w.evidence.serving[k.container], ""
			switch {
			case took > t.uptime:
				needs = fmt.Sprintf("it takes up to %s to listen", words.Time(took))
			case took > 0:
				needs = fmt.Sprintf("it takes more than %s at times", words.Time(t.uptime))
			default:
				needs = "it never came to listen"
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s was killed %s by its %s probe before it listened, up to %s after its start%s; %s.",
					k.container, words.Times(t.n), k.cause, words.Time(t.uptime), f.inRuns(t.runs), needs),
				Change: mendProbe(k, max(took, t.uptime), took > t.uptime),
			})
		}
		return all
	})
}

func mendProbe(k loadKill, budget sim.Time, known bool) string {
	bound := "well above " + words.Time(budget)
	if known {
		bound = "at least " + words.Time(budget)
	}
	if k.cause == record.StartupFailed {
		return fmt.Sprintf("Raise the startupProbe's failureThreshold × periodSeconds to %s.", bound)
	}
	return fmt.Sprintf("Add a startupProbe whose failureThreshold × periodSeconds is %s, or raise the livenessProbe's initialDelaySeconds.", bound)
}

// findProbeKillsServing tells of requests lost with containers that a probe
// killed while they served.
func findProbeKillsServing(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		lost := w.evidence.lostProbe
		if lost.n == 0 {
			return nil
		}
		return []result.Finding{{
			What:   fmt.Sprintf("%s in flight were lost with containers that the liveness probe killed%s.", words.Requests(lost.n), f.inRuns(lost.runs)),
			Change: "Raise the livenessProbe's timeoutSeconds and failureThreshold, or mend what makes it fail.",
		}}
	})
}

// findCrashes tells of containers that exit with an error.
func findCrashes(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		if w.job.allComplete() {
			return nil // it has tried again
		}
		var all []result.Finding
		for _, c := range w.evidence.crashKeys() {
			t := w.evidence.crashes[c]
			all = append(all, result.Finding{
				What:   fmt.Sprintf("container %s exited %s with code %d%s.", c.container, words.Times(t.n), c.exitCode, f.inRuns(t.runs)),
				Change: "Look at its log (kubectl logs --previous) and mend what ends it.",
			})
		}
		return all
	})
}

// findOOMKills sets the hottest pod against the mean, which hides it.
func findOOMKills(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		var all []result.Finding
		for _, k := range w.evidence.oomKillKeys() {
			t := w.evidence.oomKills[k]
			what := fmt.Sprintf("container %s was OOMKilled %s%s", k.container, words.Times(t.n), f.inRuns(t.runs))
			change := "Raise limits.memory."
			if k.limit > 0 {
				what += " at its limit of " + words.Bytes(float64(k.limit))
				change = fmt.Sprintf("Raise limits.memory above %s.", words.Bytes(float64(k.limit)))
			}
			if m, ok := w.memory[k]; ok && k.limit > 0 {
				mean := float64(m.mean()) / float64(k.limit)
				hottest := float64(m.max) / float64(k.limit)
				if mean < spacious {
					what += fmt.Sprintf(", although the mean is %s of it: the hottest pod reached %s", words.WholePercent(mean), words.WholePercent(hottest))
					change = fmt.Sprintf("Raise limits.memory above %s, or bound what one pod can hold: its requests in flight, its sessions, its time of life.", words.Bytes(float64(k.limit)))
				} else {
					what += fmt.Sprintf("; even the mean is %s of it", words.WholePercent(mean))
				}
			}
			if lost := w.evidence.lostOOM.n; lost > 0 {
				what += fmt.Sprintf("; the kills took %s with them", words.Requests(lost))
			}
			all = append(all, result.Finding{What: what + ".", Change: change})
		}
		return all
	})
}

// findMemoryNearLimit warns where the working set came close to a limit that
// killed nothing yet.
func findMemoryNearLimit(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		var all []result.Finding
		for _, c := range f.result.OOM.Workloads[key].Containers {
			reached := float64(c.Max) / float64(c.Limit)
			if c.Limit <= 0 || reached < hot || w.evidence.oomKills[memoryKey{c.Name, c.Limit}] != nil {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s reached %s of its memory limit of %s (pod %s).",
					c.Name, words.WholePercent(reached), words.Bytes(float64(c.Limit)), c.Hottest.Pod),
				Change: "Raise limits.memory before load or a leak takes the rest.",
			})
		}
		return all
	})
}

func (t *evidenceTotals) loadKillKeys() []loadKill {
	return sortedBy(t.loadKills, func(a, b loadKill) int {
		return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.cause, b.cause))
	})
}

func (t *evidenceTotals) configErrors() []configError {
	return sortedBy(t.config, func(a, b configError) int {
		return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.message, b.message))
	})
}

func (t *evidenceTotals) crashKeys() []crash {
	return sortedBy(t.crashes, func(a, b crash) int {
		return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.exitCode, b.exitCode))
	})
}

func (t *evidenceTotals) oomKillKeys() []memoryKey {
	return sortedBy(t.oomKills, func(a, b memoryKey) int {
		return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.limit, b.limit))
	})
}

func sortedBy[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
