package report

import (
	"bytes"
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

// Student's sleep data again, now as two columns.
func TestComparePairs(t *testing.T) {
	first := []stat.Value{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	second := []stat.Value{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	c := Compare("a", sided("service.latency.p99 d/s", first...), "b", sided("service.latency.p99 d/s", second...))
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
	require.Equal(t, "+1.6s", page.Delta(d))

	back := Compare("b", sided("service.latency.p99 d/s", second...), "a",
		sided("service.latency.p99 d/s", first...)).Differences[0]
	require.InDelta(t, float64(-d.Delta), float64(back.Delta), 1e-12)
	require.InDelta(t, float64(-d.Low), float64(back.High), 1e-12)
}

func TestCompareMarksWhatIsNoDifference(t *testing.T) {
	c := Compare("a", sided("service.failed d/s", 1, 5, 3), "b", sided("service.failed d/s", 2, 3, 4))
	require.False(t, c.Differences[0].Significant)
	require.Equal(t, "~", page.Delta(c.Differences[0]))

	same := Compare("a", sided("service.failed d/s", 1, 5, 3), "b", sided("service.failed d/s", 1, 5, 3))
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
		if Compare("a", sided("service.failed d/s", a...), "b",
			sided("service.failed d/s", b...)).Differences[0].Significant {
			found++
		}
	}
	require.InDelta(t, 0.05, float64(found)/runs, 0.015)
}

func TestCompareGuards(t *testing.T) {
	const metric = "service.failed d/s"
	c := Compare("a", sided(metric, 1, 2, 3), "b", sided(metric, 2, 4))
	require.Equal(t, 2, c.Pairs)
	require.EqualValues(t, 1.5, c.Differences[0].A)
	require.Equal(t, []string{"3 and 2 replications: only the first 2 are paired"}, c.Notes)

	c = Compare("a", sided(metric, 1), "b", sided(metric, 2))
	require.False(t, c.Differences[0].Low.Known())
	require.False(t, c.Differences[0].Significant)
	require.Equal(t, "+1", page.Delta(c.Differences[0]))
	require.Equal(t, []string{"one pair: a difference can't be told from chance; no intervals"}, c.Notes)

	c = Compare("a", sided(metric, 1, stat.Missing, 3), "b", sided(metric, 2, 4, stat.Missing))
	require.Equal(t, 1, c.Differences[0].Pairs)

	inf := stat.Value(math.Inf(1))
	c = Compare("a", sided("workload.rollout.duration d/Deployment/w", inf, inf), "b",
		sided("workload.rollout.duration d/Deployment/w", inf, 38))
	require.False(t, c.Differences[0].Delta.Known())
	require.Equal(t, "-", page.Delta(c.Differences[0]))

	other := sided(metric, 1, 2)
	other.Seed, other.Duration, other.Verdict.Complete = 2, 2e9, false
	c = Compare("a", sided("oom.kills", 0, 0), "b", other)
	require.Equal(t, []string{
		"seeds 1 and 2: the replications do not share their draws, the intervals are wider for it",
		"durations 1s and 2s: counts are not comparable",
		"an interrupted run: only complete replications are paired",
		"2 metrics left out: only one side has values",
	}, c.Notes)
}

// Every form shows every difference.
func TestWriteComparison(t *testing.T) {
	calm := &tape{}
	calm.add(rolloutTape().records[0])
	for range 4 {
		calm.rollingUpdate(1)
	}
	c := Compare("as given", rolloutTape().build(t), "with --vs", calm.build(t))
	require.NotEmpty(t, c.Differences)
	for format, name := range map[string]string{"text": "comparison.txt", "json": "comparison.json",
		"md": "comparison.md"} {
		var out bytes.Buffer
		require.NoError(t, page.WriteComparison(&out, c, format))
		for _, d := range c.Differences {
			metric := d.Metric
			require.Contains(t, out.String(), metric)
		}
		requireGolden(t, name, out.Bytes())
	}
	require.EqualError(t, page.WriteComparison(&bytes.Buffer{}, c, "xml"),
		`format: must be one of text, json, md, got "xml"`)
}

func TestWriteVerdict(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, page.WriteVerdict(&out, "ai-agent.yaml", rolloutTape().build(t)))
	requireGolden(t, "verdict.txt", out.Bytes())
	require.Contains(t, out.String(), "FAIL  ai-agent.yaml  ai-agent: 2 of 3 expectations hold")
	require.Contains(t, out.String(), "99.74 %")
	require.NotContains(t, out.String(), "oom.kills", "what holds needs no line")
}
