package finding

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
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
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, k := range loadKillKeys(&w.Evidence) {
			t := w.Evidence.LoadKills[k]
			took, needs := w.Evidence.Serving[k.Container], ""
			switch {
			case took > t.Uptime:
				needs = fmt.Sprintf("it takes up to %s to listen", words.Time(took))
			case took > 0:
				needs = fmt.Sprintf("it takes more than %s at times", words.Time(t.Uptime))
			default:
				needs = "it never came to listen"
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s was killed %s by its %s probe before it listened, up to %s after its start%s; %s.",
					k.Container, words.Times(t.N), k.Cause, words.Time(t.Uptime), f.inRuns(t.Runs), needs),
				Change: mendProbe(k, max(took, t.Uptime), took > t.Uptime),
			})
		}
		return all
	})
}

func mendProbe(k fold.LoadKill, budget sim.Time, known bool) string {
	bound := "well above " + words.Time(budget)
	if known {
		bound = "at least " + words.Time(budget)
	}
	if k.Cause == record.StartupFailed {
		return fmt.Sprintf("Raise the startupProbe's failureThreshold × periodSeconds to %s.", bound)
	}
	return fmt.Sprintf(
		"Add a startupProbe whose failureThreshold × periodSeconds is %s, or raise the livenessProbe's initialDelaySeconds.",
		bound)
}

// findProbeKillsServing tells of requests lost with containers that a probe
// killed while they served.
func findProbeKillsServing(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		lost := w.Evidence.LostProbe
		if lost.N == 0 {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s in flight were lost with containers that the liveness probe killed%s.",
				words.Requests(lost.N), f.inRuns(lost.Runs)),
			Change: "Raise the livenessProbe's timeoutSeconds and failureThreshold, or mend what makes it fail.",
		}}
	})
}

// findCrashes tells of containers that exit with an error.
func findCrashes(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if allComplete(w.Job) {
			return nil // it has tried again
		}
		var all []result.Finding
		for _, c := range crashKeys(&w.Evidence) {
			t := w.Evidence.Crashes[c]
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s exited %s with code %d%s.", c.Container, words.Times(t.N), c.ExitCode,
					f.inRuns(t.Runs)),
				Change: "Look at its log (kubectl logs --previous) and mend what ends it.",
			})
		}
		return all
	})
}

// findOOMKills sets the hottest pod against the mean, which hides it.
func findOOMKills(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, k := range oomKillKeys(&w.Evidence) {
			t := w.Evidence.OOMKills[k]
			what := fmt.Sprintf("container %s was OOMKilled %s%s", k.Container, words.Times(t.N), f.inRuns(t.Runs))
			change, _ := f.raiseLimit(key, k)
			if k.Limit > 0 {
				what += " at its limit of " + words.Bytes(float64(k.Limit))
			}
			if m, ok := w.Memory[k]; ok && k.Limit > 0 {
				mean := float64(m.Mean()) / float64(k.Limit)
				hottest := float64(m.Max) / float64(k.Limit)
				if mean < spacious {
					what += fmt.Sprintf(", although the mean is %s of it: the hottest pod reached %s", words.WholePercent(mean),
						words.WholePercent(hottest))
					change += ", or bound what one pod can hold: its requests in flight, its sessions, its time of life"
				} else {
					what += fmt.Sprintf("; even the mean is %s of it", words.WholePercent(mean))
				}
			}
			if lost := w.Evidence.LostOOM.N; lost > 0 {
				what += fmt.Sprintf("; the kills took %s with them", words.Requests(lost))
			}
			all = append(all, result.Finding{What: what + ".", Change: change + "."})
		}
		return append(all, f.podOOMKills(w)...)
	})
}

// podOOMKills are those at the memory limit of a pod itself.
func (f *facts) podOOMKills(w *fold.WorkloadTotals) (all []result.Finding) {
	most := map[string]int64{}
	for key, m := range w.Memory {
		most[key.Container] = max(most[key.Container], m.Max)
	}
	together := int64(0)
	for _, bytes := range most {
		together += bytes
	}
	for _, k := range sortedBy(w.Evidence.PodOOM, compareMemoryKeys) {
		t := w.Evidence.PodOOM[k]
		all = append(all, result.Finding{
			What: fmt.Sprintf(
				"container %s was OOMKilled %s%s when the containers of its pod together reached the pod's limit of %s.",
				k.Container, words.Times(t.N), f.inRuns(t.Runs), words.Bytes(float64(k.Limit))),
			Change: fmt.Sprintf(
				"Raise limits.memory of the pod's own resources above what its containers hold, which was up to %s together.",
				words.Bytes(float64(together))),
		})
	}
	return all
}

// raiseLimit is the advice to raise a memory limit: to what keeps the risk at the target,
// where the peaks say so, which is then known.
func (f *facts) raiseLimit(key string, k fold.MemoryKey) (change string, known bool) {
	for _, p := range f.result.OOM.Workloads[key].Peaks {
		if to := p.Limit.Value; p.Name == k.Container && to.Known() && float64(to) > float64(k.Limit) {
			return fmt.Sprintf("Raise limits.memory to %s, which by the peaks seen keeps the risk at %s per pod-day",
				words.BytesAtLeast(float64(to)), words.Percent(f.result.OOM.Target)), true
		}
	}
	if k.Limit > 0 {
		return fmt.Sprintf("Raise limits.memory above %s", words.Bytes(float64(k.Limit))), false
	}
	return "Raise limits.memory", false
}

// findMemoryNearLimit warns where the working set came close to a limit that
// killed nothing yet.
func findMemoryNearLimit(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, c := range f.result.OOM.Workloads[key].Containers {
			reached := float64(c.Max) / float64(c.Limit)
			if c.Limit <= 0 || reached < hot || w.Evidence.OOMKills[fold.MemoryKey{Container: c.Name, Limit: c.Limit}] != nil {
				continue
			}
			change, known := f.raiseLimit(key, fold.MemoryKey{Container: c.Name, Limit: c.Limit})
			if !known {
				change += " before load or a leak takes the rest"
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s reached %s of its memory limit of %s (pod %s).",
					c.Name, words.WholePercent(reached), words.Bytes(float64(c.Limit)), c.Hottest.Pod),
				Change: change + ".",
			})
		}
		return all
	})
}

func loadKillKeys(t *fold.EvidenceTotals) []fold.LoadKill {
	return sortedBy(t.LoadKills, func(a, b fold.LoadKill) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Cause, b.Cause))
	})
}

func configErrors(t *fold.EvidenceTotals) []fold.ConfigError {
	return sortedBy(t.Config, func(a, b fold.ConfigError) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Message, b.Message))
	})
}

func crashKeys(t *fold.EvidenceTotals) []fold.Crash {
	return sortedBy(t.Crashes, func(a, b fold.Crash) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.ExitCode, b.ExitCode))
	})
}

func oomKillKeys(t *fold.EvidenceTotals) []fold.MemoryKey {
	return sortedBy(t.OOMKills, compareMemoryKeys)
}

func compareMemoryKeys(a, b fold.MemoryKey) int {
	return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Limit, b.Limit))
}

func sortedBy[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
