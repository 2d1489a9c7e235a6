package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
)

// sided is a result with the given values of one metric.
func sided(metric string, values ...stat.Value) *result.Result {
	return &result.Result{Schema: result.SchemaName, Seed: 1, Replications: len(values), Completed: len(values),
		Duration: sim.Time(1e9),
		Verdict:  result.Verdict{Complete: true}, Values: map[string][]stat.Value{metric: values}}
}

// twoOf compares two results.
func twoOf(a, b *result.Result) *result.Comparison {
	return Compare([]Compared{{"a", a}, {"b", b}}, CompareOptions{})
}

// Student's sleep data again, now as two columns.
func TestComparePairs(t *testing.T) {
	first := []stat.Value{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	second := []stat.Value{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	c := twoOf(sided("service.latency.p99 d/s", first...), sided("service.latency.p99 d/s", second...))
	require.Len(t, c.Differences, 1)
	d := c.Differences[0]
	require.Equal(t, "d/s", d.Of)
	require.Equal(t, "seconds", d.Unit)
	require.InDelta(t, 0.75, float64(d.A), 1e-9)
	require.InDelta(t, 2.33, float64(d.B), 1e-9)
	require.InDelta(t, 1.58, float64(d.Delta), 1e-9)
	require.InDelta(t, 0.7001142, float64(d.Low), 1e-6)
	require.InDelta(t, 2.4598858, float64(d.High), 1e-6)
	require.InDelta(t, 0.00283289, float64(d.P), 1e-7)
	require.True(t, d.Significant)
	require.Empty(t, c.Notes)
	require.Equal(t, "+1.58s", page.Delta(d))

	back := twoOf(sided("service.latency.p99 d/s", second...), sided("service.latency.p99 d/s", first...)).Differences[0]
	require.InDelta(t, float64(-d.Delta), float64(back.Delta), 1e-12)
	require.InDelta(t, float64(-d.Low), float64(back.High), 1e-12)
}

func TestCompareMarksWhatIsNoDifference(t *testing.T) {
	c := twoOf(sided("service.failed d/s", 1, 5, 3), sided("service.failed d/s", 2, 3, 4))
	require.False(t, c.Differences[0].Significant)
	require.Equal(t, "~", page.Delta(c.Differences[0]))

	same := twoOf(sided("service.failed d/s", 1, 5, 3), sided("service.failed d/s", 1, 5, 3))
	require.Empty(t, same.Differences)
	require.Equal(t, 1, same.Equal)
}

// Independent noise alone is called a difference in about one of twenty.
func TestCompareRarelyFindsWhatIsNotThere(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	found := 0
	const runs = 2000
	for range runs {
		a, b := make([]stat.Value, 8), make([]stat.Value, 8)
		for i := range a {
			shared := 10 * rng.NormFloat64()
			a[i], b[i] = stat.Value(shared+rng.NormFloat64()), stat.Value(shared+rng.NormFloat64())
		}
		if twoOf(sided("service.failed d/s", a...), sided("service.failed d/s", b...)).Differences[0].Significant {
			found++
		}
	}
	require.InDelta(t, 0.05, float64(found)/runs, 0.015)
}

func TestCompareGuards(t *testing.T) {
	const metric = "service.failed d/s"
	c := twoOf(sided(metric, 1, 2, 3), sided(metric, 2, 4))
	require.Equal(t, 2, c.Pairs)
	require.EqualValues(t, 1.5, c.Differences[0].A)
	require.Equal(t, []string{"3 and 2 replications: only the first 2 are paired"}, c.Notes)

	c = twoOf(sided(metric, 1), sided(metric, 2))
	require.False(t, c.Differences[0].Low.Known())
	require.False(t, c.Differences[0].Significant)
	require.Equal(t, "+1", page.Delta(c.Differences[0]))
	require.Equal(t, []string{"one pair: a difference can't be told from chance; no intervals"}, c.Notes)

	c = twoOf(sided(metric, 1, stat.Missing, 3), sided(metric, 2, 4, stat.Missing))
	require.Equal(t, 1, c.Differences[0].Pairs)

	inf := stat.Value(math.Inf(1))
	c = twoOf(sided("workload.rollout.duration d/Deployment/w", inf, inf), sided("workload.rollout.duration d/Deployment/w", inf, 38))
	require.False(t, c.Differences[0].Delta.Known())
	require.Equal(t, "-", page.Delta(c.Differences[0]))

	other := sided(metric, 1, 2)
	other.Seed, other.Duration, other.Verdict.Complete = 2, 2e9, false
	c = twoOf(sided("oom.kills", 0, 0), other)
	require.Equal(t, []string{
		"seeds 1 and 2: the replications do not share their draws, the intervals are wider for it",
		"durations 1s and 2s: counts are not comparable",
		"an interrupted run: only complete replications are paired",
		"2 metrics left out: only one side has values",
	}, c.Notes)
}

// A comparison of settings that are all the same calls something a difference in at most
// one of twenty, however many metrics and settings there are. Without the correction it
// nearly always does.
func TestTheCorrectionHoldsForTheWholeComparison(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	one := func(o CompareOptions) (called bool) {
		var all []Compared
		for _, name := range []string{"base", "b", "c"} {
			r := sided("service.failed d/s", 0)
			r.Replications, r.Completed = 6, 6
			for m := range 15 {
				values := make([]stat.Value, 6)
				for i := range values {
					values[i] = stat.Value(rng.NormFloat64())
				}
				r.Values[fmt.Sprintf("service.failed d/%d", m)] = values
			}
			all = append(all, Compared{name, r})
		}
		for _, d := range Compare(all, o).Differences {
			called = called || d.Significant
		}
		return called
	}
	const runs = 1000
	for correction, most := range map[string]float64{Holm: 0.05, NoCorrection: 1} {
		called := 0
		for range runs {
			if one(CompareOptions{Correction: correction}) {
				called++
			}
		}
		share := float64(called) / runs
		require.LessOrEqual(t, share, most+0.02, correction)
		if correction == NoCorrection {
			require.Greater(t, share, 0.5, "else the test says nothing")
		}
	}
}

// What is smaller than what matters is no difference, and the interval of a share does not
// reach beyond 0 and 100 %.
func TestWhatMatters(t *testing.T) {
	a, b := sided("service.failed d/s", 100, 101, 99), sided("service.failed d/s", 104, 105, 103)
	a.Values["service.availability d/s"] = []stat.Value{0.97, 0.99, 0.98}
	b.Values["service.availability d/s"] = []stat.Value{0.99, 1, 0.975}
	of := func(o CompareOptions) map[string]result.Difference {
		list := map[string]result.Difference{}
		for _, d := range Compare([]Compared{{"a", a}, {"b", b}}, o).Differences {
			list[d.Metric] = d
		}
		return list
	}
	require.True(t, of(CompareOptions{MinShare: 0.039})["service.failed"].Significant)
	small := of(CompareOptions{MinShare: 0.041})["service.failed"]
	require.False(t, small.Significant)
	require.True(t, small.Small)
	require.Equal(t, "~", page.Delta(small))
	require.False(t, of(CompareOptions{MinEffect: map[string]float64{"service.failed": 4.1}})["service.failed"].Significant)
	d := of(CompareOptions{})["service.availability"]
	require.InDelta(t, 0.02, float64(d.High), 1e-9, "0.98 and the interval are at most 1")
	require.Less(t, float64(d.Low), 0.0)
}

// Every setting stands beside the base, also where it is the same.
func TestCompareManySettings(t *testing.T) {
	c := Compare([]Compared{{"base", sided("service.failed d/s", 1, 2, 3)}, {"b", sided("service.failed d/s", 1, 2, 3)},
		{"c", sided("service.failed d/s", 11, 12, 13)}}, CompareOptions{})
	require.Len(t, c.Differences, 2)
	require.Equal(t, "=", page.Delta(c.Differences[0]))
	require.Equal(t, 1, c.Tests, "without luck there is no test")
	require.Equal(t, "+10", page.Delta(c.Differences[1]))
	require.Equal(t, []string{"base", "b", "c"}, c.Settings)
}

// What is estimated of all replications stands beside the rest where settings differ.
func TestCompareEstimates(t *testing.T) {
	with := func(risk, limit stat.Value) *result.Result {
		r := sided("service.failed d/s", 1, 2)
		estimate := func(v stat.Value) stat.Estimate {
			return stat.Estimate{Value: v, Interval: stat.Interval{Low: v / 2, High: v * 2}}
		}
		r.OOM.Workloads = map[string]result.WorkloadOOM{"d/Deployment/w": {PerPodDay: estimate(risk),
			Peaks: []result.PeakMemory{{Name: "c", Limit: estimate(limit)}}}}
		return r
	}
	require.Empty(t, twoOf(with(0.1, 1<<30), with(0.1, 1<<30)).Estimates)
	c := twoOf(with(0.1, 1<<30), with(0.2, 1<<30))
	require.Len(t, c.Estimates, 1, "the limit is the same")
	require.Equal(t, "oom.perPodDay", c.Estimates[0].What)
	var out bytes.Buffer
	require.NoError(t, page.WriteComparison(&out, c, "text"))
	require.Contains(t, out.String(), "oom.perPodDay  d/Deployment/w  10 % [5 %, 20 %]  20 % [10 %, 40 %]")
	require.Len(t, twoOf(with(0.1, 1<<30), sided("service.failed d/s", 1, 2)).Estimates, 2, "one has none")
}

// Every form shows every difference.
func TestWriteComparison(t *testing.T) {
	calm := &tape{}
	calm.add(rolloutTape().records[0])
	for range 4 {
		calm.rollingUpdate(1)
	}
	c := Compare([]Compared{{"as given", rolloutTape().build(t)}, {"replicas=5", calm.build(t)}}, CompareOptions{})
	require.NotEmpty(t, c.Differences)
	for format, name := range map[string]string{"text": "comparison.txt", "json": "comparison.json",
		"md": "comparison.md", "csv": "comparison.csv"} {
		var out bytes.Buffer
		require.NoError(t, page.WriteComparison(&out, c, format))
		for _, d := range c.Differences {
			metric := d.Metric
			require.Contains(t, out.String(), metric)
		}
		requireGolden(t, name, out.Bytes())
	}
	require.EqualError(t, page.WriteComparison(&bytes.Buffer{}, c, "xml"),
		`format: must be one of text, json, md, csv, got "xml"`)
}

func TestWriteVerdict(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, page.WriteVerdict(&out, "ai-agent.yaml", rolloutTape().build(t)))
	requireGolden(t, "verdict.txt", out.Bytes())
	require.Contains(t, out.String(), "FAIL  ai-agent.yaml  ai-agent: 2 of 3 expectations hold")
	require.Contains(t, out.String(), "99.74 %")
	require.NotContains(t, out.String(), "oom.kills", "what holds needs no line")
}
