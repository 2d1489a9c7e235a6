package measured

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Range is what samples may be.
type Range struct {
	what            string
	lowest, highest float64
}

// Rates are requests per second.
var Rates = Range{"a rate from 0 to 1e7", 0, 1e7}

// maxMetric bounds values of metrics, whose thousandths are counted in int64.
const maxMetric = 1e15

// Metrics are values of metrics.
var Metrics = Range{"a value from -1e15 to 1e15", -maxMetric, maxMetric}

// Sample is a measured value at a time since the first sample. A value that is
// no number is NaN.
type Sample struct {
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

// Parse reads the answer of /api/v1/query_range, its data alone, or the
// list of series that promtool query range -o json prints. The error is
// "path: must …, got …".
func Parse(data []byte, accepted Range) ([]Sample, error) {
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

func (s series) samples(place string, accepted Range) ([]Sample, error) {
	list := make([]Sample, len(s.Values))
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
		list[i] = Sample{time.Duration(math.Round((seconds-first)*1e3)) * time.Millisecond, value}
		if i > 0 && list[i].at <= list[i-1].at {
			return nil, fmt.Errorf("%s[%d][0]: must be after the sample before, got %.40s", place, i, pair[0])
		}
		if list[i].at > wire.MaxDuration {
			return nil, fmt.Errorf("%s[%d][0]: must be within a year of the first, got %.40s", place, i, pair[0])
		}
	}
	return list, nil
}

// Rate joins samples: along lines, or in steps. NaN counts as no
// sample. A gap is a time without sample of more than one and a half steps,
// the step being the median distance of samples; over it, the rate goes on to
// the next sample as between any two, or with zero it is 0 from one step after
// the last sample on. Before the first number and after the last the rate is
// that number; with zero the time before the first number is a gap, too.
func Rate(samples []Sample, step, zero bool) (*load.Piecewise, error) {
	usual := medianDistance(samples)
	samples = slices.Clone(samples)
	samples = slices.DeleteFunc(samples, func(s Sample) bool { return math.IsNaN(s.value) })
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

func medianDistance(samples []Sample) time.Duration {
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

// Values are samples of a metric. Their gaps are those of Rate.
type Values struct {
	samples        []Sample // numbers alone
	usual          time.Duration
	linear, bridge bool
}

// NewValues takes samples as values that hold to the next one or, linear, go there; in
// gaps there is none, or with bridge as elsewhere.
func NewValues(samples []Sample, linear, bridge bool) (*Values, error) {
	m := &Values{usual: medianDistance(samples), linear: linear, bridge: bridge}
	m.samples = slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return math.IsNaN(s.value) })
	if len(m.samples) == 0 {
		return nil, fmt.Errorf("must have at least one sample that is a number")
	}
	return m, nil
}

// At implements cluster.Values: from one sample to the next, or to a step after
// it where a gap begins. The last one holds on.
func (m *Values) At(t sim.Time) (float64, bool) {
	since := time.Duration(t)
	next := sort.Search(len(m.samples), func(i int) bool { return m.samples[i].at > since })
	if next == 0 {
		return m.samples[0].value, m.bridge // NaN at first
	}
	last := m.samples[next-1]
	if next == len(m.samples) {
		return last.value, true
	}
	after := m.samples[next]
	distance := after.at - last.at
	gap := distance > m.usual+m.usual/2
	switch {
	case gap && !m.bridge && since >= last.at+m.usual:
		return 0, false
	case m.linear && (!gap || m.bridge):
		return last.value + (after.value-last.value)*float64(since-last.at)/float64(distance), true
	}
	return last.value, true
}
