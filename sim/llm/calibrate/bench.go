package calibrate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// ReadBench reads a result of "vllm bench serve --save-result" or of guidellm: a
// row for each benchmark in it. Of what the server is like the file says little;
// like has the rest. The error says "must …".
func ReadBench(text []byte, like Row) ([]Row, error) {
	rows, err := readBench(text, like)
	for i := range rows {
		if err == nil {
			err = rows[i].check()
		}
	}
	return rows, err
}

func readBench(text []byte, like Row) ([]Row, error) {
	var kind struct {
		Benchmarks json.RawMessage `json:"benchmarks"`
		TTFT       *float64        `json:"mean_ttft_ms"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(text), &kind); err != nil {
		return nil, fmt.Errorf("must be a JSON file of vllm bench serve or guidellm: %w", catalogue.Plain(err))
	}
	switch {
	case kind.TTFT != nil:
		return vllmBench(text, like)
	case kind.Benchmarks != nil:
		return guidellm(kind.Benchmarks, like)
	}
	return nil, fmt.Errorf("must be a result of vllm bench serve (with mean_ttft_ms) or guidellm (with benchmarks)")
}

// vllmBench reads vllm/benchmarks/serve.py's result.
func vllmBench(text []byte, like Row) ([]Row, error) {
	var b struct {
		Completed   int     `json:"completed"`
		Prompts     int     `json:"num_prompts"`
		Rate        any     `json:"request_rate"`
		Concurrency int     `json:"max_concurrency"`
		Seconds     float64 `json:"duration"`
		Input       float64 `json:"total_input_tokens"`
		Output      float64 `json:"total_output_tokens"`
		Throughput  float64 `json:"output_throughput"`
		TTFT        float64 `json:"mean_ttft_ms"`
		TTFT99      float64 `json:"p99_ttft_ms"`
		TPOT        float64 `json:"mean_tpot_ms"`
		TPOT50      float64 `json:"median_tpot_ms"`
		End         float64 `json:"mean_e2el_ms"`
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("must be a result of vllm bench serve: %w", catalogue.Plain(err))
	}
	if b.Completed < 1 {
		return nil, fmt.Errorf("must have completed requests, got %d", b.Completed)
	}
	r := like
	n := float64(b.Completed)
	r.Input, r.Output, r.Requests, r.Seconds = b.Input/n, b.Output/n, max(b.Prompts, b.Completed), []float64{b.Seconds}
	r.Measured = [metrics]float64{FirstTokenMean: b.TTFT, FirstToken99: b.TTFT99, PerTokenMean: b.TPOT,
		PerToken50: b.TPOT50, EndMean: b.End}
	switch rate, err := strconv.ParseFloat(fmt.Sprint(b.Rate), 64); {
	case b.Concurrency > 0:
		r.Arrival, r.Users, r.Measured[Throughput] = "closed", b.Concurrency, b.Throughput
	case err != nil || math.IsInf(rate, 1) || rate <= 0:
		r.Arrival, r.Measured[Throughput] = "burst", b.Throughput
	default:
		r.Arrival, r.Rates = "poisson", []float64{rate}
	}
	return []Row{r}, nil
}

// guidellm reads the benchmarks of guidellm's report.
func guidellm(text []byte, like Row) (rows []Row, err error) {
	type law struct {
		Successful struct {
			Mean        float64 `json:"mean"`
			Median      float64 `json:"median"`
			Percentiles struct {
				P90 float64 `json:"p90"`
				P99 float64 `json:"p99"`
			} `json:"percentiles"`
		} `json:"successful"`
	}
	var list []struct {
		Metrics struct {
			Rate        law `json:"requests_per_second"`
			Concurrency law `json:"request_concurrency"`
			Latency     law `json:"request_latency"`
			TTFT        law `json:"time_to_first_token_ms"`
			ITL         law `json:"inter_token_latency_ms"`
			Input       law `json:"prompt_token_count"`
			Output      law `json:"output_token_count"`
		} `json:"metrics"`
		Totals struct {
			Successful int `json:"successful"`
		} `json:"request_totals"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("must be a report of guidellm: %w", catalogue.Plain(err))
	}
	for i, b := range list {
		m := b.Metrics
		r := like
		r.Arrival, r.Rates = "poisson", []float64{m.Rate.Successful.Mean}
		r.Input, r.Output = m.Input.Successful.Mean, m.Output.Successful.Mean
		if r.Requests = max(b.Totals.Successful, 50); r.Rates[0] <= 0 || r.Input < 1 || r.Output < 1 {
			return nil, fmt.Errorf(
				"benchmarks[%d] must have requests_per_second, prompt_token_count and output_token_count above 0", i)
		}
		first := m.TTFT.Successful
		r.Measured = [metrics]float64{
			FirstTokenMean: first.Mean, FirstToken90: first.Percentiles.P90, FirstToken99: first.Percentiles.P99,
			PerTokenMean: m.ITL.Successful.Mean, EndMean: 1e3 * m.Latency.Successful.Mean,
		}
		rows = append(rows, r)
	}
	return rows, nil
}
