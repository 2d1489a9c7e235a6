package build

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// maxMetricValue bounds measured values, whose thousandths are counted in int64.
const maxMetricValue = 1e15

// metricSeries reads a metric's values over time.
func (b *builder) metricSeries(at string, s *wire.MetricSeries) cluster.Values {
	if s.Interpolate != "" && s.Interpolate != "linear" && s.Interpolate != "step" {
		b.fault(at+".interpolate", "must be step or linear, got %.60q", s.Interpolate)
		return nil
	}
	if s.Gaps != "" && s.Gaps != "absent" && s.Gaps != "bridge" {
		b.fault(at+".gaps", "must be absent or bridge, got %.60q", s.Gaps)
		return nil
	}
	name := b.path(s.File)
	data, err := b.manifests.Files.Read(name)
	if err != nil {
		b.AddError(err)
		return nil
	}
	samples, err := parseMatrix(data, valueRange{"a value from -1e15 to 1e15", -maxMetricValue, maxMetricValue})
	if err == nil {
		var values *measuredValues
		if values, err = newMeasuredValues(samples, s.Interpolate == "linear", s.Gaps == "bridge"); err == nil {
			return values
		}
	}
	b.AddError(wire.Error{File: name, Message: err.Error()})
	return nil
}

// measuredValues are samples of a metric. Their gaps are those of measuredRate.
type measuredValues struct {
	samples        []sample // numbers alone
	usual          time.Duration
	linear, bridge bool
}

func newMeasuredValues(samples []sample, linear, bridge bool) (*measuredValues, error) {
	m := &measuredValues{usual: medianDistance(samples), linear: linear, bridge: bridge}
	m.samples = slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return math.IsNaN(s.value) })
	if len(m.samples) == 0 {
		return nil, fmt.Errorf("must have at least one sample that is a number")
	}
	return m, nil
}

// At implements cluster.Values: from one sample to the next, or to a step after
// it where a gap begins. The last one holds on.
func (m *measuredValues) At(t sim.Time) (float64, bool) {
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
