package build

import (
	"time"

	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// shape reads the rates that are made of straight lines.
func (b *builder) shape(at string, r *wire.Rate) load.Rate {
	var rate *load.Piecewise
	var err error
	switch {
	case r.Spike != nil:
		at += ".spike"
		rate, err = load.Spike{
			Base: float64(*r.Spike.Base), Peak: float64(*r.Spike.Peak), At: time.Duration(*r.Spike.At),
			Rise: time.Duration(ptr.Deref(r.Spike.Rise, 0)), Hold: time.Duration(*r.Spike.Hold),
			Fall: time.Duration(ptr.Deref(r.Spike.Fall, 0)),
		}.Rate()
	case r.Stages != nil:
		at += ".stages"
		stages := make([]load.Stage, len(r.Stages.Stages))
		for i, s := range r.Stages.Stages {
			stages[i] = load.Stage{Duration: time.Duration(*s.Duration), Target: float64(*s.Target)}
		}
		if total := lasting(stages); total > wire.MaxDuration.Seconds() {
			b.fault(at, "must last a year at the most in all, got %.0fh", total/3600)
			return nil
		}
		rate, err = load.Stages(float64(ptr.Deref(r.Stages.StartRate, 0)), stages)
	default:
		at += ".weekly"
		w := load.Weekly{Mean: float64(*r.Weekly.Mean)}
		if len(r.Weekly.Days) != len(w.Days) || len(r.Weekly.Hours) != len(w.Hours) {
			b.fault(at, "must have %d days and %d hours, got %d and %d", len(w.Days), len(w.Hours), len(r.Weekly.Days),
				len(r.Weekly.Hours))
			return nil
		}
		copy(w.Days[:], r.Weekly.Days)
		copy(w.Hours[:], r.Weekly.Hours)
		rate, err = w.Rate()
	}
	if err != nil {
		b.fault(at, "%s", err)
		return nil
	}
	return rate
}

// lasting is how long stages take together, in seconds: a sum that can't wrap.
func lasting(stages []load.Stage) (total float64) {
	for _, s := range stages {
		total += s.Duration.Seconds()
	}
	return total
}
