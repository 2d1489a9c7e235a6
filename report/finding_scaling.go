package report

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// How far a size has to change, and its metric not to, for the metric to be taken
// to be deaf to it.
const (
	deafGrowth = 2.0
	deafShare  = 0.85
)

// response is how the one metric of an autoscaler answered to the sizes that it
// chose in a replication, while it asked for more.
type response struct {
	first, last record.Autoscaled
	lowest      float64 // ratio
	highest     float64
	metric      string
	reached     bool // maxReplicas
}

func (r *response) note(a record.Autoscaled) {
	if len(a.Metrics) != 1 || a.Metrics[0].Error != "" || a.Current == 0 || a.Metrics[0].Ratio <= 1 {
		if a.Recommended < a.Current && a.Recommended > 0 {
			*r = response{} // it was satisfied
		}
		return
	}
	ratio := a.Metrics[0].Ratio
	if r.metric == "" {
		*r = response{first: a, lowest: ratio, highest: ratio, metric: upstream.ShortMetric(a.Metrics[0].Name)}
	}
	r.last = a
	r.lowest, r.highest = math.Min(r.lowest, ratio), math.Max(r.highest, ratio)
	r.reached = r.reached || a.Limit == "TooManyReplicas"
}

// deaf reports whether the metric stayed above the target all the way to
// maxReplicas and hardly moved.
func (r *response) deaf() bool {
	return r.reached && r.metric != "" && float64(r.last.Current) >= deafGrowth*float64(r.first.Current) && r.lowest >= deafShare*r.highest
}

// findDeafMetrics tells of autoscalers whose target no size reaches: the metric
// does not fall as replicas come.
func findDeafMetrics(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.automation.autoscalers)) {
		e := f.automation.autoscalers[name]
		runs := 0
		var example *response
		for replication := range f.run.Replications {
			if r := e.responses[replication]; r != nil && r.deaf() {
				runs++
				if example == nil {
					example = r
				}
			}
		}
		if example == nil {
			continue
		}
		workload := record.ParseKey(e.workload).Object()
		all = append(all, result.Finding{
			Object: "HorizontalPodAutoscaler " + name,
			What: fmt.Sprintf("%s is %.1f times the target with %s of %s and still %.1f times with %d%s: replicas don't bring it down, so it goes to maxReplicas and stays there.",
				example.metric, example.first.Metrics[0].Ratio, words.CountOf(int(example.first.Current), "replica"), workload, example.last.Metrics[0].Ratio, example.last.Current, f.inRuns(runs)),
			Change: "Scale on a metric that is shared among the replicas (requests in flight, queue length), or set a target above what each pod shows by itself.",
		})
	}
	return all
}

// findResetReplicas tells of workloads whose size an autoscaler and an apply or
// scale both write.
func findResetReplicas(f *facts) []result.Finding {
	managed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.automation.autoscalers)) {
		managed[f.automation.autoscalers[name].workload] = "HorizontalPodAutoscaler " + name
	}
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		reset := f.automation.resets[key]
		if managed[key] == "" || reset == nil {
			return nil
		}
		what := fmt.Sprintf("%s scales it, but at %s the timeline set spec.replicas from %d to %d%s", managed[key], words.Clock(reset.example.T), reset.example.From, reset.example.To, f.inRuns(len(reset.runs)))
		if reset.back != nil {
			what += fmt.Sprintf(", and at %s the autoscaler wrote %d again", words.Clock(reset.back.T), reset.back.To)
		}
		return []result.Finding{{
			What:   what + ".",
			Change: "Leave spec.replicas out of the manifests of what an autoscaler scales, so that an apply does not reset it.",
		}}
	})
}

// resets are sizes that somebody else than its autoscaler wrote.
type resets struct {
	example record.Scaled
	back    *record.Scaled // the autoscaler's next write after it
	runs    map[int]bool
}

func (a *automation) scaled(r record.Scaled) {
	old, known := a.resets[r.Workload]
	switch {
	case r.By == record.ByTimeline && r.From != r.To:
		if !known {
			old = &resets{example: r, runs: map[int]bool{}}
			a.resets[r.Workload] = old
		}
		old.runs[r.Replication] = true
	case known && (r.By == record.ByAutoscaler || r.By == record.ByKEDA) && old.back == nil && r.Replication == old.example.Replication:
		old.back = &r
	}
}
