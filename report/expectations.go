package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/sim/record"
)

func (f *Facts) verdict() Verdict {
	interrupted := f.interruption()
	complete := interrupted == ""
	v := Verdict{Pass: complete, Complete: complete, Interrupted: interrupted, Expectations: []ExpectationResult{}}
	for _, e := range f.run.Expectations {
		for _, judged := range f.judge(e) {
			v.Pass = v.Pass && judged.Pass
			v.Expectations = append(v.Expectations, judged)
		}
	}
	return v
}

// judge gives one result an object. An expectation that speaks of every
// object leaves those out that can't have a value, such as the rollouts of a
// bare Pod, but not all of them: what was never measured does not hold.
func (f *Facts) judge(e record.Expectation) []ExpectationResult {
	metric, ok := record.FindMetric(e.Metric)
	base := ExpectationResult{Metric: e.Metric, Of: e.Of, Across: e.Across, Source: e.Source, Measured: unmeasured}
	if base.Across == "" {
		base.Across = "every"
	}
	bound, err := boundOf(e, metric)
	base.Bound = bound
	switch {
	case !ok:
		return []ExpectationResult{failed(base, "metric: must be one of record.Metrics, got "+e.Metric)}
	case err != nil:
		return []ExpectationResult{failed(base, err.Error())}
	case base.Across != "every" && base.Across != "mean":
		return []ExpectationResult{failed(base, "across: must be every or mean, got "+e.Across)}
	}
	if metric.Of == "" || e.Of != "" {
		return []ExpectationResult{f.judgeOne(base, metric)}
	}
	var results []ExpectationResult
	for _, of := range f.objects(metric.Of) {
		one := base
		one.Of = of
		if len(known(f.values[metricKey(metric.Name, of)])) > 0 {
			results = append(results, f.judgeOne(one, metric))
		}
	}
	if len(results) == 0 {
		return []ExpectationResult{failed(base, "no "+metric.Of+" has a value of it")}
	}
	return results
}

var unmeasured = Measured{Worst: Missing, Mean: Missing, Interval: unbounded}

func failed(r ExpectationResult, reason string) ExpectationResult {
	r.Pass, r.Reason = false, reason
	return r
}

func boundOf(e record.Expectation, m record.Metric) (Bound, error) {
	var bounds []Bound
	for _, side := range []struct {
		op    string
		value *float64
	}{{"atLeast", e.AtLeast}, {"atMost", e.AtMost}, {"equals", e.Equals}} {
		if side.value != nil {
			bounds = append(bounds, Bound{side.op, Value(*side.value), m.Unit})
		}
	}
	if len(bounds) != 1 {
		return Bound{Value: Missing, Unit: m.Unit}, fmt.Errorf("must have exactly one of atLeast, atMost and equals, got %d", len(bounds))
	}
	return bounds[0], nil
}

// misses is how far a value lies on the wrong side; 0 or less is well.
func (b Bound) misses(v float64) float64 {
	bound := float64(b.Value)
	switch {
	case v == bound: // also both infinite
		return 0
	case b.Op == "atLeast":
		return bound - v
	case b.Op == "atMost":
		return v - bound
	default:
		return math.Abs(v - bound)
	}
}

func (f *Facts) judgeOne(r ExpectationResult, metric record.Metric) ExpectationResult {
	values, ok := f.values[metricKey(metric.Name, r.Of)]
	if !ok {
		return failed(r, fmt.Sprintf("of: must be one of %s, got %q", strings.Join(f.objects(metric.Of), ", "), r.Of))
	}
	xs := known(values)
	if len(xs) == 0 {
		return failed(r, "no replication has a value of it: "+missingBecause(metric.Name))
	}
	worst := math.Inf(-1)
	missing := 0
	for i, v := range values {
		if !v.Known() {
			if f.counts(i) {
				missing++
			}
			continue
		}
		miss := r.Bound.misses(float64(v))
		if miss > worst {
			worst, r.Measured.Worst, r.Measured.WorstReplication = miss, v, i
		}
		if miss > 0 {
			r.ReplicationsFailed++
		}
	}
	mean := gonum.Mean(xs, nil)
	r.Measured.Mean, r.Measured.Interval = Value(mean), StudentT(xs)
	r.Pass = worst <= 0
	if r.Across == "mean" {
		r.Pass = r.Bound.misses(mean) <= 0
	}
	if missing > 0 {
		r.ReplicationsFailed += missing
		return failed(r, fmt.Sprintf("%d of %d replications have no value of it: %s", missing, len(values), missingBecause(metric.Name)))
	}
	return r
}

// counts reports whether the replication takes part: every complete one, or
// all when none is.
func (f *Facts) counts(i int) bool {
	for _, rep := range f.ended {
		if rep.complete {
			return f.ended[i].complete
		}
	}
	return true
}

// objects lists what a metric can be about, sorted.
func (f *Facts) objects(of string) []string {
	switch of {
	case "service":
		return slices.Sorted(maps.Keys(f.totals.services))
	case "workload":
		return slices.Sorted(maps.Keys(f.totals.workloads))
	case "pool":
		return slices.Sorted(maps.Keys(f.totals.pools))
	}
	return nil
}

// missingBecause says why a metric can be without a value.
func missingBecause(metric string) string {
	switch {
	case metric == "service.availability":
		return "no request ended"
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
