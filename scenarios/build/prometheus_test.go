package build

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

const samplesOf = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"service":"chat"},"values":[%s]}]}}`

// rateOf is the rate of samples "[t,"v"]".
func rateOf(t *testing.T, values string, step, zero bool) *load.Piecewise {
	t.Helper()
	samples, err := parseMatrix(fmt.Appendf(nil, samplesOf, values), ratesOnly)
	require.NoError(t, err)
	rate, err := measuredRate(samples, step, zero)
	require.NoError(t, err)
	return rate
}

func holds(t *testing.T, rate load.Rate, at map[float64]float64) {
	t.Helper()
	for seconds, want := range at {
		assert.InDelta(t, want, rate.At(sim.Time(seconds*1e9)), 1e-9, "at %v s", seconds)
	}
}

func TestMeasuredRateGoesThroughItsSamples(t *testing.T) {
	const values = `[1700000000,"2"],[1700000060,"8"],[1700000120.5,"5"]`
	linear := rateOf(t, values, false, false)
	holds(t, linear, map[float64]float64{0: 2, 30: 5, 60: 8, 90.25: 6.5, 120.5: 5, 1e6: 5})
	assert.InDelta(t, 60*5+60.5*6.5, linear.Integral(sim.Time(120500*time.Millisecond)), 1e-6)
	holds(t, rateOf(t, values, true, false), map[float64]float64{0: 2, 59.9: 2, 60: 8, 120.4: 8, 120.5: 5, 1e6: 5})
}

// NaN is no sample. A gap is bridged, or with zero the rate is 0 from one step
// after the last sample on; a sample that is a little late is no gap.
func TestGapsOfAMeasuredRate(t *testing.T) {
	const values = `[0,"NaN"],[60,"4"],[120,"6"],[180,"NaN"],[240,"NaN"],[300,"10"],[385,"2"],[445,"NaN"]`
	holds(t, rateOf(t, values, false, false), map[float64]float64{0: 4, 60: 4, 90: 5, 120: 6, 210: 8, 300: 10, 342.5: 6,
		385: 2, 445: 2, 1e5: 2})
	holds(t, rateOf(t, values, true, false), map[float64]float64{0: 4, 90: 4, 120: 6, 299: 6, 300: 10, 384: 10, 385: 2,
		1e5: 2})
	holds(t, rateOf(t, values, false, true), map[float64]float64{0: 0, 59: 0, 60: 4, 90: 5, 120: 6, 179: 6, 180: 0, 299: 0,
		300: 10, 342.5: 6, 385: 2, 1e5: 2})
	holds(t, rateOf(t, values, true, true), map[float64]float64{59: 0, 60: 4, 179: 6, 181: 0, 300: 10, 384: 10, 385: 2})
}

func TestAnswersOfPrometheusThatAreNoRate(t *testing.T) {
	for text, want := range map[string]string{
		"":   "must be the JSON of a Prometheus range query: unexpected end of JSON input",
		"{}": `resultType: must be matrix, as of query_range, got ""`,
		`{"status":"error","errorType":"bad_data","error":"parse error"}`: `status: must be success, got "error": bad_data: parse error`,
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`: "data.result: must have one series, got 0; sum() makes one of several",
		`[]`:                                  "result: must have one series, got 0; sum() makes one of several",
		`[{"values":[]}]`:                     "result[0].values: must have samples, got none",
		`[{"histograms":[[0,{}]]}]`:           "result[0].values: must have samples, got histograms; histogram_count(rate()) makes a rate of them",
		`[{"values":[[0,"1"],[0,"1"]]}]`:      "result[0].values[1][0]: must be after the sample before, got 0",
		`[{"values":[["x","1"]]}]`:            `result[0].values[0][0]: must be a time in seconds, got "x"`,
		`[{"values":[[0,"+Inf"]]}]`:           `result[0].values[0][1]: must be a rate from 0 to 1e7 or NaN, got "+Inf"`,
		`[{"values":[[0,"1"],[1e9,"1"]]}]`:    "result[0].values[1][0]: must be within a year of the first, got 1e9",
		`[{"values":[[0,"NaN"],[60,"NaN"]]}]`: "must have at least one sample that is a number",
	} {
		samples, err := parseMatrix([]byte(text), ratesOnly)
		if err == nil {
			_, err = measuredRate(samples, false, false)
		}
		assert.EqualError(t, err, want)
	}
}

// The three forms of traffic come into the Spec, in long and in short.
func TestTrafficOfEveryKind(t *testing.T) {
	files := folder(t, `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests: [deployment.yaml, service.yaml]
traffic:
- {name: a, service: ai-agents/ai-agent-svc, rate: {prometheus: p.json}, arrivals: {process: on-off, on: 10s, off: 50s}}
- {name: b, service: ai-agents/ai-agent-svc, rate: {constant: 2}, arrivals: {process: weibull, cv: 2.5}}
- {name: c, service: ai-agents/ai-agent-svc, users: {count: 7, think: exponential(5s)}}
- {name: d, service: ai-agents/ai-agent-svc, users: {count: 7}}
- {name: e, service: ai-agents/ai-agent-svc, trace: {file: good.csv, columns: {input: in}, rateScale: 2}}
- {name: f, service: ai-agents/ai-agent-svc, arrivals: good.csv}
- {name: g, service: ai-agents/ai-agent-svc, rate: {constant: 2}, law: paced}
`)
	files["p.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, samplesOf, `[0,"2"],[60,"8"]`)}
	spec, err := read(files)
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 7)
	assert.Contains(t, spec.Assumptions, "traffic f: the trace ends at 1s, and no requests come after it")
	a, b, c, d, g := spec.Traffic[0], spec.Traffic[1], spec.Traffic[2], spec.Traffic[3], spec.Traffic[6]
	assert.InDelta(t, 5, a.Rate.At(sim.Time(30*time.Second)), 1e-9)
	assert.Equal(t, load.MMPP, a.Law)
	assert.Equal(t, load.OnOff(10*time.Second, 50*time.Second), a.States)
	assert.Equal(t, load.Weibull, b.Law)
	assert.InDelta(t, 2.5, b.CV, 0)
	assert.Equal(t, 7, c.Users.Count)
	assert.InDelta(t, 5, c.Users.Think.Mean(), 0)
	assert.Zero(t, d.Users.Think.Mean())
	assert.Equal(t, load.Paced, g.Law)
	for i, want := range map[int][]load.Arrival{
		4: {{At: 0, Tokens: load.Tokens{Input: 5}}, {At: 5e8, Tokens: load.Tokens{Input: 5}},
			{At: 1e9, Tokens: load.Tokens{Input: 6}}},
		5: {{At: 0}, {At: 1e9}},
	} {
		opened, err := spec.Traffic[i].Trace(nil)
		require.NoError(t, err)
		for _, w := range want {
			var got load.Arrival
			require.NoError(t, opened.Next(&got))
			got.Prefix = nil
			assert.Equal(t, w, got)
		}
		require.NoError(t, opened.Close())
	}
}

func FuzzPrometheusAnswer(f *testing.F) {
	f.Add(
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1.5,"2"],[61.5,"NaN"],[121.5,"3"]]}]}}`)
	f.Add(`[{"values":[[0,"1"],[1e3,"1e7"]]}]`)
	f.Add(`{"resultType":"vector","result":[{"value":[1,"2"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		samples, err := parseMatrix([]byte(text), ratesOnly)
		if err != nil {
			return
		}
		for _, options := range [][2]bool{{false, false}, {true, false}, {false, true}} {
			rate, err := measuredRate(samples, options[0], options[1])
			if err == nil && (rate.Max() > 1e7 || rate.Integral(sim.Time(wire.MaxDuration)) < 0) {
				t.Fatalf("a rate of %v", rate.Max())
			}
		}
	})
}
