package build

import (
	"github.com/kube-rehearse/rehearse/scenarios/measured"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
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
	samples, err := measured.Parse(data, measured.Rates)
	if err == nil {
		var rate *load.Piecewise
		if rate, err = measured.Rate(samples, p.Interpolate == "step", p.Gaps == "zero"); err == nil {
			return rate
		}
	}
	b.AddError(wire.Error{File: name, Message: err.Error()})
	return nil
}

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
	samples, err := measured.Parse(data, measured.Metrics)
	if err == nil {
		var values *measured.Values
		if values, err = measured.NewValues(samples, s.Interpolate == "linear", s.Gaps == "bridge"); err == nil {
			return values
		}
	}
	b.AddError(wire.Error{File: name, Message: err.Error()})
	return nil
}
