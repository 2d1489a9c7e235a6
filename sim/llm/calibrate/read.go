package calibrate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Read reads a table of experiments with a header, of which it takes those that
// are to be scored. The error has all faults, each as "name:line: column: must …".
func Read(name string, r io.Reader) (rows []Row, err error) {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: must have a header and lines of values: %w", name, plain(err))
	}
	if !slices.Contains(header, "model") && !slices.Contains(header, "in_mean") && !slices.Contains(header, "in_tokens") {
		return nil, fmt.Errorf("%s:1: must have columns like model, gpu, rate_rps, in_mean and out_mean", name)
	}
	var faults []error
	for len(faults) < mostFaults {
		line, err := table.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: must be a table: %w", name, plain(err)))
			break
		}
		at, _ := table.FieldPos(0)
		c := cells{values: map[string]string{}, where: fmt.Sprintf("%s:%d", name, at)}
		for i, column := range header {
			c.values[column] = line[i]
		}
		if score, is := c.values["score"]; is && score != "yes" {
			continue
		}
		row := c.row()
		if err := row.check(); err != nil && len(c.faults) == 0 {
			c.faults = append(c.faults, fmt.Errorf("%s: %w", c.where, err))
		}
		rows, faults = append(rows, row), append(faults, c.faults...)
	}
	return rows, errors.Join(faults...)
}

// mostFaults is how many faults of a table are told.
const mostFaults = 20

// plain is an error of encoding/csv without its name for the record.
func plain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}

// cells are a line of a table, and what is wrong with it.
type cells struct {
	values map[string]string
	where  string
	faults []error
}

// number is a cell's; 0 when it is empty.
func (c *cells) number(name string) float64 {
	text := strings.TrimSpace(c.values[name])
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		c.faults = append(c.faults, fmt.Errorf("%s: %s: must be a number, got %.60q", c.where, name, text))
	}
	return v
}

// whole is a cell's number without its fraction, at most what a row can have.
func (c *cells) whole(name string) int { return int(min(max(c.number(name), -1), 1e12)) }

// list is a cell's numbers, between semicolons.
func (c *cells) list(name string) (values []float64) {
	if c.values[name] == "" {
		return nil
	}
	for text := range strings.SplitSeq(c.values[name], ";") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			c.faults = append(c.faults, fmt.Errorf("%s: %s: must be numbers with ; between them, got %.60q", c.where, name,
				text))
			return nil
		}
		values = append(values, v)
	}
	return values
}

func (c *cells) row() Row {
	r := Row{
		Where: c.where, ID: c.values["id"], Engine: c.values["engine"], Version: c.values["engine_version"],
		Model: c.values["model"], Precision: c.values["precision"], GPU: c.values["gpu"],
		TensorParallel: max(1, c.whole("tp")), ExpertParallel: c.number("ep") > 1,
		MaxSequences: c.whole("max_num_seqs"), MaxBatchedTokens: c.whole("max_num_batched_tokens"),
		MaxModelLen: c.whole("max_model_len"),
		CacheTokens: int64(c.whole("kv_cache_tokens")), PrefixCaching: c.values["prefix_caching"] != "false",
		MemoryUtilization: c.number("gpu_memory_utilization"),
		Arrival:           c.values["arrival"], Rates: c.list("rate_rps"), Seconds: c.list("duration_s"),
		Requests: c.whole("num_requests"), Users: c.whole("concurrency"),
		Input: c.number("in_mean"), Output: c.number("out_mean"), InputSD: c.number("in_sd"), OutSD: c.number("out_sd"),
		Distinct: c.whole("distinct_prompts"), Shared: c.whole("shared_prefix"), Lengths: c.values["lengths"],
	}
	if c.values["batch"] != "" {
		r.Arrival, r.Requests, r.Input, r.Output = "static", c.whole("batch"), c.number("in_tokens"), c.number("out_tokens")
		r.PrefixCaching = false
	}
	if r.Arrival == "" && len(r.Rates) > 0 {
		r.Arrival = "poisson"
	}
	for m, column := range columns {
		r.Measured[m] = c.number(column)
	}
	if r.Measured[PerTokenMean] == 0 {
		r.Measured[PerTokenMean] = c.number("itl_mean_ms")
	}
	return r
}
