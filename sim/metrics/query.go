package metrics

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/prometheus"
)

// query is what Prometheus has of one target now: the last value of a gauge, a
// counter's rate, or the rates of a histogram's buckets.
func (t *target) query(now sim.Time) ([]float64, bool) {
	if of := t.metric.source.Of; of == Requests || of == Latency || of == CPUThrottled {
		return t.series.Rate(now, t.metric.source.Window)
	}
	return t.series.Last(now)
}

// value makes one number of it.
func (m *measured) value(values []float64) float64 {
	if m.source.Of == Latency {
		return prometheus.Quantile(m.source.Quantile, m.source.Bounds, values)
	}
	return values[0]
}

// ofPod is the metric of one pod.
func (m *measured) ofPod(now sim.Time, p *apiserver.Pod) (milli int64, known bool) {
	if g, is := m.spec.Source.(Given); is { // every pod shows it
		value, known := g.Values.At(now)
		return thousandths(value), known && m.apis.Machines.Taken(p)
	}
	for _, t := range m.targets {
		if t.pod == p {
			if values, known := t.query(now); known {
				return thousandths(m.value(values)), true
			}
		}
	}
	return 0, false
}

// total is the metric of all its targets: one aggregation over their values;
// of a histogram the quantile of the sum of their buckets.
func (m *measured) total(now sim.Time) (milli int64, known bool) {
	if g, is := m.spec.Source.(Given); is {
		value, known := g.Values.At(now)
		return thousandths(value), known
	}
	var sum []float64
	most, count := math.Inf(-1), 0
	for _, t := range m.targets {
		values, there := t.query(now)
		if !there {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(values))
		}
		for k, v := range values {
			sum[k] += v
		}
		most = max(most, values[0])
		count++
	}
	switch {
	case count == 0:
		return 0, false
	case m.source.Of == Latency, m.source.Total == Sum, m.source.Total == Single:
		return thousandths(m.value(sum)), true
	case m.source.Total == Max:
		return thousandths(most), true
	}
	return thousandths(sum[0] / float64(count)), true
}

// series is how many of its targets have values.
func (m *measured) series(now sim.Time) (count int) {
	for _, t := range m.targets {
		if _, there := t.query(now); there {
			count++
		}
	}
	return count
}

// thousandths is a value as the adapter rounds it; what is no number is 0
// (pkg/custom-provider/provider.go, metricFor).
func thousandths(value float64) int64 {
	if math.IsNaN(value) {
		return 0
	}
	return int64(value * 1000)
}
