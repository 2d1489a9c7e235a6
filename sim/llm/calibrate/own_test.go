package calibrate

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// runs are what a server with other coefficients than the shipped ones measures.
func runs(t *testing.T, change func(*timing.Coefficients)) (rows []Row) {
	for _, rate := range []float64{2, 8, 14, 20} {
		r := Row{Model: "llama-3.1-8b", GPU: "h100-80gb", Engine: "vllm", TensorParallel: 1, PrefixCaching: true,
			Arrival: "poisson", Rates: []float64{rate}, Requests: 40, Input: 500, Output: 100}
		c, err := r.Config()
		require.NoError(t, err)
		own := *c.Generation
		change(&own.Coefficients)
		c.Generation = &own
		r.Measured = r.Play(c, nil, 0)
		rows = append(rows, r)
	}
	return rows
}

// A fit to a server that is slower than the shipped coefficients say predicts it
// again, also the runs that were held out.
func TestCalibrationFindsWhatWasChanged(t *testing.T) {
	rows := runs(t, func(c *timing.Coefficients) { c.Weights *= 0.7; c.Request *= 3 })
	c, err := Calibrate(rows, nil)
	require.NoError(t, err)
	require.Less(t, c.Errors["time per token"], 0.02)
	require.Less(t, c.Errors["first token"], 0.05)
	require.Less(t, c.HeldOut["time per token"], 0.04)
	text, err := json.Marshal(c)
	require.NoError(t, err)
	again, err := ReadCalibration(text)
	require.NoError(t, err)
	require.Equal(t, c.Coefficients, again.Coefficients)
	require.Equal(t, c.Coefficients, again.Apply(timing.Newest(), "h100-80gb").Coefficients)
}

func TestCalibrationsThatCanNotBe(t *testing.T) {
	rows := runs(t, func(*timing.Coefficients) {})
	_, err := Calibrate(rows[:2], nil)
	require.EqualError(t, err, "must have at least 3 rows, at different rates, got 2")
	for i := range rows {
		for _, m := range []Metric{FirstTokenMean, PerTokenMean, EndMean} {
			rows[i].Measured[m] /= 1000
		}
		rows[i].Measured[FirstToken90], rows[i].Measured[FirstToken99], rows[i].Measured[PerToken50],
			rows[i].Measured[End90] = 0, 0, 0, 0
	}
	_, err = Calibrate(rows, nil)
	require.ErrorContains(t, err, "must be in milliseconds: times are about 1000 times shorter than predicted")
	rows[1].GPU = "a100-80gb"
	_, err = Calibrate(rows, nil)
	require.ErrorContains(t, err, "must be of one engine and one GPU")
	for text, want := range map[string]string{`{`: "must be what rehearse calibrate wrote",
		`{"coefficients": {"weights": -1}}`: "must have coefficients above 0 and at most 1000000, got -1 for weights"} {
		_, err := ReadCalibration([]byte(text))
		require.ErrorContains(t, err, want)
	}
}

func TestResultsOfBenchmarksAreRead(t *testing.T) {
	like := Row{Model: "llama-3.1-8b", GPU: "h100-80gb"}
	for _, c := range []struct {
		text, arrival string
		input         float64
	}{
		{`{"completed": 10, "num_prompts": 10, "request_rate": "inf", "duration": 3, "total_input_tokens": 1000, "total_output_tokens": 500, "output_throughput": 99, "mean_ttft_ms": 20, "mean_tpot_ms": 8}`, "burst", 100},
		{`{"completed": 10, "request_rate": 4.0, "total_input_tokens": 1000, "total_output_tokens": 500, "mean_ttft_ms": 20}`,
			"poisson", 100},
		{`{"completed": 10, "request_rate": "inf", "max_concurrency": 4, "total_input_tokens": 500, "total_output_tokens": 500, "mean_ttft_ms": 20}`, "closed", 50},
		{`{"benchmarks": [{"metrics": {"requests_per_second": {"successful": {"mean": 2}}, "prompt_token_count": {"successful": {"mean": 300}}, "output_token_count": {"successful": {"mean": 30}}, "time_to_first_token_ms": {"successful": {"mean": 40}}}}]}`, "poisson", 300},
	} {
		rows, err := ReadBench([]byte(c.text), like)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		require.Equal(t, fmt.Sprint(c.arrival, c.input), fmt.Sprint(rows[0].Arrival, rows[0].Input))
		require.Positive(t, rows[0].Measured[FirstTokenMean])
	}
	for text, want := range map[string]string{`[`: "must be a JSON file", `{}`: "must be a result of vllm bench serve",
		`{"mean_ttft_ms": 1}`:  "must have completed requests, got 0",
		`{"benchmarks": [{}]}`: "benchmarks[0] must have requests_per_second"} {
		_, err := ReadBench([]byte(text), like)
		require.ErrorContains(t, err, want)
	}
}
