package measured

import (
	"fmt"
	"testing"
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
	samples, err := Parse(fmt.Appendf(nil, samplesOf, values), Rates)
	require.NoError(t, err)
	rate, err := Rate(samples, step, zero)
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
		samples, err := Parse([]byte(text), Rates)
		if err == nil {
			_, err = Rate(samples, false, false)
		}
		assert.EqualError(t, err, want)
	}
}

func FuzzPrometheusAnswer(f *testing.F) {
	f.Add(
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1.5,"2"],[61.5,"NaN"],[121.5,"3"]]}]}}`)
	f.Add(`[{"values":[[0,"1"],[1e3,"1e7"]]}]`)
	f.Add(`{"resultType":"vector","result":[{"value":[1,"2"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		samples, err := Parse([]byte(text), Rates)
		if err != nil {
			return
		}
		for _, options := range [][2]bool{{false, false}, {true, false}, {false, true}} {
			rate, err := Rate(samples, options[0], options[1])
			if err == nil && (rate.Max() > 1e7 || rate.Integral(sim.Time(wire.MaxDuration)) < 0) {
				t.Fatalf("a rate of %v", rate.Max())
			}
		}
	})
}
