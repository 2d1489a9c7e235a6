package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// judge says whether the expectations hold.
type judge struct {
	facts  *fold.Facts
	values map[string][]stat.Value // as in a Result
}

// verdict is of the replications that are complete, so many. stopped is why there
// are no more, "" when nobody said.
func (j judge) verdict(completed int, stopped string) result.Verdict {
	interrupted := j.facts.Interruption()
	complete := interrupted == ""
	if !complete && stopped != "" {
		interrupted = stopped
	}
	v := result.Verdict{Pass: complete, Complete: complete, Partial: !complete && completed > 0,
		Interrupted: interrupted, Expectations: []result.ExpectationResult{}}
	for _, e := range j.facts.Run.Expectations {
		for _, judged := range j.results(e) {
			v.Pass = v.Pass && judged.Pass
			v.Expectations = append(v.Expectations, judged)
		}
	}
	return v
}

// results gives one result an object. An expectation that speaks of every
// object leaves those out that can't have a value, such as the rollouts of a
// bare Pod, but not all of them: what was never measured does not hold.
func (j judge) results(e record.Expectation) []result.ExpectationResult {
	metric, ok := record.FindMetric(e.Metric)
	base := result.ExpectationResult{Metric: e.Metric, Of: e.Of, Across: e.Across, Source: e.Source,
		Measured: result.Unmeasured}
	if base.Across == "" {
		base.Across = "every"
	}
	bound, err := boundOf(e, metric)
	base.Bound = bound
	switch {
	case !ok:
		return []result.ExpectationResult{failed(base, "metric: must be one of record.Metrics, got "+e.Metric)}
	case err != nil:
		return []result.ExpectationResult{failed(base, err.Error())}
	case base.Across != "every" && base.Across != "mean":
		return []result.ExpectationResult{failed(base, "across: must be every or mean, got "+e.Across)}
	}
	if metric.Of == "" || e.Of != "" {
		return []result.ExpectationResult{j.one(base, metric)}
	}
	var results []result.ExpectationResult
	for _, of := range j.objects(metric.Of) {
		one := base
		one.Of = of
		if len(stat.Known(j.values[result.MetricKey(metric.Name, of)])) > 0 {
			results = append(results, j.one(one, metric))
		}
	}
	if len(results) == 0 {
		return []result.ExpectationResult{failed(base, "no "+metric.Of+" has a value of it")}
	}
	return results
}

func failed(r result.ExpectationResult, reason string) result.ExpectationResult {
	r.Pass, r.Reason = false, reason
	return r
}

func boundOf(e record.Expectation, m record.Metric) (result.Bound, error) {
	var bounds []result.Bound
	for _, side := range []struct {
		op    string
		value *float64
	}{{"atLeast", e.AtLeast}, {"atMost", e.AtMost}, {"equals", e.Equals}} {
		if side.value != nil {
			bounds = append(bounds, result.Bound{Op: side.op, Value: stat.Value(*side.value), Unit: m.Unit})
		}
	}
	if len(bounds) != 1 {
		return result.Bound{Value: stat.Missing, Unit: m.Unit},
			fmt.Errorf("must have exactly one of atLeast, atMost and equals, got %d", len(bounds))
	}
	return bounds[0], nil
}

func (j judge) one(r result.ExpectationResult, metric record.Metric) result.ExpectationResult {
	values, ok := j.values[result.MetricKey(metric.Name, r.Of)]
	if !ok {
		return failed(r, fmt.Sprintf("of: must be one of %s, got %q", strings.Join(j.objects(metric.Of), ", "), r.Of))
	}
	xs := stat.Known(values)
	if len(xs) == 0 {
		return failed(r, "no replication has a value of it: "+missingBecause(metric.Name))
	}
	worst := math.Inf(-1)
	missing := 0
	for i, v := range values {
		if !v.Known() {
			if j.facts.Counts(i) {
				missing++
			}
			continue
		}
		miss := r.Bound.Misses(float64(v))
		if miss > worst {
			worst, r.Measured.Worst, r.Measured.WorstReplication = miss, v, i
		}
		if miss > 0 {
			r.ReplicationsFailed++
		}
	}
	mean := gonum.Mean(xs, nil)
	r.Measured.Mean, r.Measured.Interval = stat.Value(mean), stat.StudentT(xs)
	r.Pass = worst <= 0
	if r.Across == "mean" {
		r.Pass = r.Bound.Misses(mean) <= 0
	}
	if missing > 0 {
		r.ReplicationsFailed += missing
		return failed(r, fmt.Sprintf("%d of %d replications have no value of it: %s", missing, len(values),
			missingBecause(metric.Name)))
	}
	return r
}

// objects lists what a metric can be about, sorted.
func (j judge) objects(of string) []string {
	switch of {
	case "service":
		return slices.Sorted(maps.Keys(j.facts.Totals.Services))
	case "workload":
		return slices.Sorted(maps.Keys(j.facts.Totals.Workloads))
	case "pool":
		return slices.Sorted(maps.Keys(j.facts.Totals.Pools))
	}
	return nil
}

// missingBecause says why a metric can be without a value.
func missingBecause(metric string) string {
	switch {
	case metric == "service.availability", metric == "service.errorBudget.spent":
		return "no request ended"
	case metric == "cost.usdPerHour":
		return "the price of no machine is known"
	case strings.HasPrefix(metric, "service.latency."):
		return "no request ended well"
	case metric == "workload.ready.min":
		return "its pods were never all ready"
	case strings.HasPrefix(metric, "job."):
		return "it is no Job, or was never started"
	case metric == "workload.rollout.duration":
		return "there was no rollout after the first"
	case strings.HasPrefix(metric, "workload.rollout."):
		return "it has no rollouts"
	case metric == "workload.memory.p99":
		return "no container with a memory limit ran"
	case metric == "workload.headroom":
		return "it was not measured at the end"
	case strings.HasPrefix(metric, "pool."):
		return "its nodes have none of it, or were not observed"
	}
	return "it was not observed"
}
