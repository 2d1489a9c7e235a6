package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// muchThrottled is the part of its periods from which on a container's
// throttling is worth a word: what the kubernetes-mixin's alert
// CPUThrottlingHigh takes.
const muchThrottled = 0.25

// findThrottling tells of CPU limits that stop containers.
func findThrottling(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, c := range w.CPUResult() {
			if !c.Throttled.Known() || max(c.Throttled, c.Worst) < muchThrottled {
				continue
			}
			what := fmt.Sprintf("container %s was throttled in %s of its quota periods", c.Name,
				words.Unit(c.Throttled, "ratio"))
			if c.Worst > c.Throttled {
				what += fmt.Sprintf(", in pod %s in %s", c.WorstPod, words.Unit(c.Worst, "ratio"))
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("%s: it used %s cores on average, but was stopped at its limit of %s in each 100 ms.",
					what, words.Cores(float64(c.Mean)), words.Cores(c.Limit)),
				Change: fmt.Sprintf(
					"Raise resources.limits.cpu of container %s, or leave it out and set the request to what it needs.", c.Name),
			})
		}
		return all
	})
}

// findFullCaches tells of model servers whose KV cache was too small.
func findFullCaches(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, m := range w.ModelResult() {
			if m.Preemptions == 0 {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"the KV cache of container %s was full: requests were thrown out and began again %s, and others waited for blocks.",
					m.Name, words.Times(m.Preemptions)),
				Change: "Add replicas or GPUs, lower --max-num-seqs so that fewer requests share the cache, or bound the tokens of a request.",
			})
		}
		return all
	})
}
