package calibrate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var like = Row{Model: "llama-3.1-8b", GPU: "h100-80gb", Engine: "vllm", TensorParallel: 1, PrefixCaching: true}

// A table of measurements is refused, or each of its rows can be played.
func FuzzRead(f *testing.F) {
	const head = "model,gpu,arrival,num_requests,rate_rps,in_mean,out_mean,ttft_mean_ms\n"
	for _, text := range []string{
		"", "x", head + "llama-3.1-8b,h100-80gb,poisson,20,2,100,10,20\n",
		head + "llama-3.1-8b,h100-80gb,closed,1e9,NaN,-1,Inf,1e300\n",
		head + strings.Repeat("llama-3.1-8b,h100-80gb,poisson,20,2,100,10,20\n", 200),
		"model,rate_rps\n" + strings.Repeat("1;", 10_000),
		"model,gpu\n\"", "model\n\n\n", "model,model,gpu\na,b,c\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := Read("r.csv", strings.NewReader(text))
		if err != nil {
			return
		}
		for i := range rows {
			require.NoError(t, rows[i].check())
		}
	})
}

// A result of a benchmark is refused, or each of its rows can be played.
func FuzzReadBench(f *testing.F) {
	const vllm = `{"mean_ttft_ms": 1, "completed": 10, "request_rate": 2, "total_input_tokens": 1000, "total_output_tokens": 1000}`
	for _, text := range []string{
		"", "{}", "[]", "null", vllm, strings.Replace(vllm, "10,", "1e300,", 1), strings.Replace(vllm, "2,", `"inf",`, 1),
		`{"benchmarks": [{}]}`, `{"benchmarks": [` + strings.Repeat("{},", 5_000) + `{}]}`, strings.Repeat("[", 20_000),
		`{"mean_ttft_ms": "\u001b[2J"}`,
		`{"benchmarks": [{"metrics": {"requests_per_second": {"successful": {"mean": 1e308}}}}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ReadBench([]byte(text), like)
		if err != nil {
			return
		}
		for i := range rows {
			require.NoError(t, rows[i].check())
		}
	})
}

// A calibration is refused, or all of its coefficients are within their bounds.
func FuzzReadCalibration(f *testing.F) {
	for _, text := range []string{
		"", "{}", "null", `{"coefficients": {"weights": 1e300}}`, `{"coefficients": {"weights": -1}}`,
		`{"engine": "vllm-async", "gpu": "` + strings.Repeat("h", 10_000) + `"}`, strings.Repeat("[", 20_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadCalibration([]byte(text))
		if err != nil {
			require.NotContains(t, err.Error(), "Go ")
			return
		}
		for _, v := range list(&c.Coefficients) {
			require.True(t, *v > 0 && *v <= 1e6)
		}
	})
}
