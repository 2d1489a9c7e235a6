// Package calibrate fits the coefficients of a generation of engines to
// measurements, and says how far what is simulated is from them.
//
//   - row.go: a measured experiment; read.go: a table of them; bench.go: results of
//     benchmarks.
//   - setting.go: the configuration and the requests of an experiment.
//   - play.go: the experiment on a simulated engine.
//   - fit.go: the coefficients with the least errors.
package calibrate

import "fmt"

// Row is an experiment with one server.
type Row struct {
	// Where is the file and line that it was read from.
	Where string

	ID, Engine, Version, Model, Precision, GPU string
	TensorParallel                             int
	ExpertParallel                             bool
	// What the server was told; 0 is not recorded.
	MaxSequences, MaxBatchedTokens, MaxModelLen int
	CacheTokens                                 int64
	PrefixCaching                               bool
	MemoryUtilization                           float64
	// Arrival is paced, poisson, burst, closed, or static: all at once offline.
	Arrival         string
	Rates, Seconds  []float64
	Requests, Users int
	Input, Output   float64
	InputSD, OutSD  float64
	Distinct        int
	Shared          int // tokens that prompts begin with alike
	Lengths         string
	// Measured is what was measured, by Metric; 0 is not known.
	Measured [metrics]float64
}

// Metric is something that was measured.
type Metric int

// Times are in milliseconds, Throughput in output tokens per second, and Batch,
// the time until a batch is done, in seconds.
const (
	FirstTokenMean Metric = iota
	FirstToken90
	FirstToken99
	PerTokenMean
	PerToken50
	EndMean
	End90
	Throughput
	Batch
	metrics
)

// columns are those of the metrics in a table.
var columns = [metrics]string{"ttft_mean_ms", "ttft_p90_ms", "ttft_p99_ms", "tpot_mean_ms", "tpot_p50_ms",
	"e2e_mean_ms", "e2e_p90_ms", "out_tok_s", "latency_s"}

// names are those of the metrics in reports.
var names = [metrics]string{"first token", "first token p90", "first token p99", "time per token", "time per token p50",
	"end to end", "end to end p90", "throughput", "static batch"}

func (m Metric) String() string { return names[m] }

// Metrics are all.
func Metrics() (list []Metric) {
	for m := range metrics {
		list = append(list, m)
	}
	return list
}

// check holds that the numbers are such that an experiment can be played in bounded
// time. The error says "must …".
func (r *Row) check() error {
	for _, n := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"tp", float64(r.TensorParallel), 0, 64}, {"max_num_seqs", float64(r.MaxSequences), 0, 1 << 16},
		{"max_num_batched_tokens", float64(r.MaxBatchedTokens), 0, 1 << 20},
		{"max_model_len", float64(r.MaxModelLen), 0, 1 << 24},
		{"gpu_memory_utilization", r.MemoryUtilization, 0, 1}, {"kv_cache_tokens", float64(r.CacheTokens), 0, 1e10},
		{"num_requests", float64(r.Requests), 0, 1e6}, {"concurrency", float64(r.Users), 0, 1e4},
		{"in_mean", r.Input, 1, 1 << 20}, {"out_mean", r.Output, 1, 1 << 20}, {"in_sd", r.InputSD, 0, 1 << 20},
		{"out_sd", r.OutSD, 0, 1 << 20},
		{"shared_prefix", float64(r.Shared), 0, 1 << 20},
	} {
		if !(n.value >= n.low && n.value <= n.high) {
			return fmt.Errorf("%s: must be from %v to %v, got %v", n.name, n.low, n.high, n.value)
		}
	}
	for _, rate := range r.Rates {
		if !(rate > 0 && rate <= 1e4) {
			return fmt.Errorf("rate_rps: must be above 0 and at most 10000, got %v", rate)
		}
	}
	for _, d := range r.Seconds {
		if !(d >= 0 && d <= 1e6) {
			return fmt.Errorf("duration_s: must be from 0 to 1000000, got %v", d)
		}
	}
	for m, v := range r.Measured {
		if !(v >= 0 && v <= 1e9) {
			return fmt.Errorf("%s: must be from 0 to 1e+09, got %v", columns[m], v)
		}
	}
	return r.load()
}

// load holds that the row says what requests there were.
func (r *Row) load() error {
	switch r.Arrival {
	case "poisson":
		if len(r.Rates) != 1 || r.Requests < 1 {
			return fmt.Errorf("arrival: must have a rate and a number of requests when poisson, got %d and %d", len(r.Rates),
				r.Requests)
		}
	case "paced":
		if len(r.Rates) == 0 || len(r.Seconds) != len(r.Rates) {
			return fmt.Errorf("arrival: must have as many rates as durations when paced, got %d and %d", len(r.Rates),
				len(r.Seconds))
		}
	case "closed":
		if r.Users < 1 {
			return fmt.Errorf("concurrency: must be at least 1 when closed, got %d", r.Users)
		}
	case "burst", "static":
		if r.Requests < 1 {
			return fmt.Errorf("num_requests: must be at least 1, got %d", r.Requests)
		}
	default:
		return fmt.Errorf("arrival: must be poisson, paced, burst or closed, got %.60q", r.Arrival)
	}
	return nil
}
