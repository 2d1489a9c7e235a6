package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// prometheus reads a measured rate.
func (b *builder) prometheus(at string, p *wire.Prometheus) load.Rate {
	if p.Interpolate != "" && p.Interpolate != "linear" && p.Interpolate != "step" {
		b.fault(at+".interpolate", "must be linear or step, got %.60q", p.Interpolate)
		return nil
	}
	if p.Gaps != "" && p.Gaps != "bridge" && p.Gaps != "zero" {
		b.fault(at+".gaps", "must be bridge or zero, got %.60q", p.Gaps)
		return nil
	}
	name := b.path(p.File)
	data, err := b.manifests.Files.Read(name)
	if err != nil {
		b.AddError(err)
		return nil
	}
	samples, err := parseMatrix(data, ratesOnly)
	if err == nil {
		var rate *load.Piecewise
		if rate, err = measuredRate(samples, p.Interpolate == "step", p.Gaps == "zero"); err == nil {
			return rate
		}
	}
	b.AddError(wire.Error{File: name, Message: err.Error()})
	return nil
}

// valueRange is what samples may be.
type valueRange struct {
	what            string
	lowest, highest float64
}

var ratesOnly = valueRange{"a rate from 0 to 1e7", 0, 1e7}

// sample is a measured value at a time since the first sample. A value that is
// no number is NaN.
type sample struct {
	at    time.Duration
	value float64
}

// matrix is the data of a range query's answer
// (https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries).
type matrix struct {
	ResultType string   `json:"resultType"`
	Result     []series `json:"result"`
}

type series struct {
	Values     [][2]json.RawMessage `json:"values"`
	Histograms json.RawMessage      `json:"histograms"`
}

// parseMatrix reads the answer of /api/v1/query_range, its data alone, or the
// list of series that promtool query range -o json prints. The error is
// "path: must …, got …".
func parseMatrix(data []byte, accepted valueRange) ([]sample, error) {
	var answer struct {
		Status    string          `json:"status"`
		ErrorType string          `json:"errorType"`
		Error     string          `json:"error"`
		Data      json.RawMessage `json:"data"`
	}
	m := matrix{ResultType: "matrix"}
	place := "data.result"
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '[' {
		place = "result"
		if err := json.Unmarshal(text, &m.Result); err != nil {
			return nil, notPrometheus(err)
		}
	} else {
		if err := json.Unmarshal(text, &answer); err != nil {
			return nil, notPrometheus(err)
		}
		if answer.Status != "" && answer.Status != "success" {
			return nil, fmt.Errorf("status: must be success, got %.40q: %.40s: %.200s", answer.Status, answer.ErrorType,
				answer.Error)
		}
		if answer.Data != nil {
			text = answer.Data
		} else {
			place = "result"
		}
		// The type first: the result of another one has another form.
		var head struct {
			ResultType string `json:"resultType"`
		}
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, notPrometheus(err)
		}
		if head.ResultType != "matrix" {
			return nil, fmt.Errorf("resultType: must be matrix, as of query_range, got %.40q", head.ResultType)
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, notPrometheus(err)
		}
	}
	if len(m.Result) != 1 {
		return nil, fmt.Errorf("%s: must have one series, got %d; sum() makes one of several", place, len(m.Result))
	}
	place += "[0].values"
	one := m.Result[0]
	if len(one.Values) == 0 {
		if len(one.Histograms) > 0 {
			return nil, fmt.Errorf("%s: must have samples, got histograms; histogram_count(rate()) makes a rate of them", place)
		}
		return nil, fmt.Errorf("%s: must have samples, got none", place)
	}
	return one.samples(place, accepted)
}

func notPrometheus(err error) error {
	return fmt.Errorf("must be the JSON of a Prometheus range query: %s", err)
}

func (s series) samples(place string, accepted valueRange) ([]sample, error) {
	list := make([]sample, len(s.Values))
	var first float64
	for i, pair := range s.Values {
		seconds, err := strconv.ParseFloat(string(pair[0]), 64)
		if err != nil || math.Abs(seconds) > 1e11 {
			return nil, fmt.Errorf("%s[%d][0]: must be a time in seconds, got %.40s", place, i, pair[0])
		}
		var word string
		if err := json.Unmarshal(pair[1], &word); err != nil {
			word = string(pair[1])
		}
		value, err := strconv.ParseFloat(word, 64)
		if err != nil || value < accepted.lowest || value > accepted.highest {
			return nil, fmt.Errorf("%s[%d][1]: must be %s or NaN, got %.40q", place, i, accepted.what, word)
		}
		if i == 0 {
			first = seconds
		}
		// Prometheus has milliseconds.
		list[i] = sample{time.Duration(math.Round((seconds-first)*1e3)) * time.Millisecond, value}
		if i > 0 && list[i].at <= list[i-1].at {
			return nil, fmt.Errorf("%s[%d][0]: must be after the sample before, got %.40s", place, i, pair[0])
		}
		if list[i].at > wire.MaxDuration {
			return nil, fmt.Errorf("%s[%d][0]: must be within a year of the first, got %.40s", place, i, pair[0])
		}
	}
	return list, nil
}

// measuredRate joins samples: along lines, or in steps. NaN counts as no
// sample. A gap is a time without sample of more than one and a half steps,
// the step being the median distance of samples; over it, the rate goes on to
// the next sample as between any two, or with zero it is 0 from one step after
// the last sample on. Before the first number and after the last the rate is
// that number; with zero the time before the first number is a gap, too.
func measuredRate(samples []sample, step, zero bool) (*load.Piecewise, error) {
	usual := medianDistance(samples)
	samples = slices.Clone(samples)
	samples = slices.DeleteFunc(samples, func(s sample) bool { return math.IsNaN(s.value) })
	if len(samples) == 0 {
		return nil, fmt.Errorf("must have at least one sample that is a number")
	}
	var segments []load.Segment
	line := func(length time.Duration, from, to float64) {
		segments = append(segments, load.Segment{Length: length, From: from, To: to})
	}
	if first := samples[0]; first.at > 0 {
		before := first.value
		if zero {
			before = 0
		}
		line(first.at, before, before)
	}
	for i, s := range samples[:len(samples)-1] {
		next := samples[i+1]
		length, to := next.at-s.at, next.value
		if zero && length > usual+usual/2 {
			line(usual, s.value, s.value)
			line(length-usual, 0, 0)
			continue
		}
		if step {
			to = s.value
		}
		line(length, s.value, to)
	}
	last := samples[len(samples)-1].value
	line(0, last, last)
	return load.NewPiecewise(segments, false)
}

func medianDistance(samples []sample) time.Duration {
	var distances []time.Duration
	for i := 1; i < len(samples); i++ {
		distances = append(distances, samples[i].at-samples[i-1].at)
	}
	if len(distances) == 0 {
		return 0
	}
	slices.Sort(distances)
	return distances[len(distances)/2]
}
