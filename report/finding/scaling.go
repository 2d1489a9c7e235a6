package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findDeafMetrics tells of autoscalers whose target no size reaches: the metric
// does not fall as replicas come.
func findDeafMetrics(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.Automation.Autoscalers)) {
		e := f.Automation.Autoscalers[name]
		runs := 0
		var example *fold.Response
		for replication := range f.Run.Replications {
			if r := e.Responses[replication]; r != nil && r.Deaf() {
				runs++
				if example == nil {
					example = r
				}
			}
		}
		if example == nil {
			continue
		}
		workload := record.ParseKey(e.Workload).Object()
		all = append(all, result.Finding{
			Object: "HorizontalPodAutoscaler " + name,
			What: fmt.Sprintf(
				"%s is %.1f times the target with %s of %s and still %.1f times with %d%s: replicas don't bring it down, so it goes to maxReplicas and stays there.",
				example.Metric, example.First.Metrics[0].Ratio, words.CountOf(int(example.First.Current), "replica"), workload,
				example.Last.Metrics[0].Ratio, example.Last.Current, f.inRuns(runs)),
			Change: "Scale on a metric that is shared among the replicas (requests in flight, queue length), or set a target above what each pod shows by itself.",
		})
	}
	return all
}

// findResetReplicas tells of workloads whose size an autoscaler and an apply or
// scale both write.
func findResetReplicas(f *facts) []result.Finding {
	managed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.Automation.Autoscalers)) {
		managed[f.Automation.Autoscalers[name].Workload] = "HorizontalPodAutoscaler " + name
	}
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		reset := f.Automation.Resets[key]
		if managed[key] == "" || reset == nil {
			return nil
		}
		what := fmt.Sprintf("%s scales it, but at %s the timeline set spec.replicas from %d to %d%s", managed[key],
			words.Clock(reset.Example.T), reset.Example.From, reset.Example.To, f.inRuns(len(reset.Runs)))
		if reset.Back != nil {
			what += fmt.Sprintf(", and at %s the autoscaler wrote %d again", words.Clock(reset.Back.T), reset.Back.To)
		}
		return []result.Finding{{
			What:   what + ".",
			Change: "Leave spec.replicas out of the manifests of what an autoscaler scales, so that an apply does not reset it.",
		}}
	})
}
