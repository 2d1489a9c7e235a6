package build

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/load/trace"
)

// maxUsers bounds a closed loop: without think time all its users may send at
// one instant, and millions of events at one instant are taken for a livelock.
const maxUsers = 100_000

// arrivals reads when requests come: of an open loop, of users, or of a trace.
func (b *builder) arrivals(at string, t wire.Traffic, stream *load.Traffic) {
	recorded, place := t.Trace, at+".trace"
	if t.Arrivals != nil && t.Arrivals.Path != "" {
		if recorded != nil {
			b.fault(at+".arrivals", "must be left out with trace, got a path")
			return
		}
		recorded, place = &wire.Trace{File: t.Arrivals.Path}, at+".arrivals"
	}
	given := 0
	for _, is := range []bool{t.Rate != nil, t.Users != nil, recorded != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		b.fault(at, "must have exactly one of rate, users, trace, got %d", given)
		return
	}
	if t.Rate != nil {
		stream.Rate = b.rate(at+".rate", t.Rate)
		if stream.Rate != nil && stream.Rate.Max() == 0 {
			b.fault(at+".rate", "must be above 0 at some time, got 0 all the time")
		}
		b.process(at, t, stream)
		return
	}
	if t.Law != "" {
		b.fault(at+".law", "must be left out without rate, got %.60q", t.Law)
	}
	if t.Arrivals != nil && t.Arrivals.Path == "" {
		b.fault(at+".arrivals", "must be left out without rate")
	}
	if t.Users != nil {
		b.users(at+".users", t.Users, stream)
	} else {
		b.trace(place, recorded, stream)
	}
}

// process reads how arrivals scatter around the rate.
func (b *builder) process(at string, t wire.Traffic, stream *load.Traffic) {
	a := t.Arrivals
	if a == nil {
		a = &wire.Arrivals{}
	}
	field, name := at+".arrivals.process", a.Process
	if t.Law != "" {
		if name != "" {
			b.fault(at+".law", "must be left out with arrivals.process, got %.60q", t.Law)
			return
		}
		if name = t.Law; name != "poisson" && name != "paced" {
			b.fault(at+".law", "must be poisson or paced, got %.60q", name)
			return
		}
	}
	if name == "" {
		name = "poisson"
	}
	laws := map[string]load.Law{"poisson": load.Poisson, "paced": load.Paced, "gamma": load.Gamma, "weibull": load.Weibull,
		"mmpp": load.MMPP, "on-off": load.MMPP}
	law, known := laws[name]
	if !known {
		b.fault(field, "must be poisson, paced, gamma, weibull, mmpp or on-off, got %.60q", name)
		return
	}
	stream.Law = law
	for _, member := range []struct {
		name          string
		given, wanted bool
	}{
		{"cv", a.CV != nil, law == load.Gamma || law == load.Weibull}, {"states", a.States != nil, name == "mmpp"},
		{"on", a.On != nil, name == "on-off"}, {"off", a.Off != nil, name == "on-off"},
	} {
		switch {
		case member.wanted && !member.given:
			b.fault(at+".arrivals."+member.name, "must be given for the process %s", name)
			return
		case member.given && !member.wanted:
			b.fault(at+".arrivals."+member.name, "must be left out for the process %s", name)
			return
		}
	}
	b.processDetails(at+".arrivals", name, a, stream)
}

func (b *builder) processDetails(at, name string, a *wire.Arrivals, stream *load.Traffic) {
	switch name {
	case "gamma", "weibull":
		stream.CV = *a.CV
		if err := load.CheckCV(stream.CV); err != nil {
			b.fault(at+".cv", "%s", err)
		}
	case "mmpp":
		for _, s := range a.States {
			stream.States = append(stream.States, load.State{Weight: *s.Weight, Dwell: time.Duration(*s.Dwell)})
		}
		if err := load.CheckStates(stream.States); err != nil {
			place, message, _ := strings.Cut(err.Error(), ": ")
			b.fault(at+".states"+place, "%s", message)
		}
	case "on-off":
		on, off := time.Duration(*a.On), time.Duration(*a.Off)
		stream.States = load.OnOff(on, off)
		if on < load.MinDwell {
			b.fault(at+".on", "must be at least %s, got %s", load.MinDwell, on)
		}
		if off < load.MinDwell {
			b.fault(at+".off", "must be at least %s, got %s", load.MinDwell, off)
		}
	}
}

func (b *builder) users(at string, u *wire.Users, stream *load.Traffic) {
	if n := *u.Count; n < 1 || n > maxUsers {
		b.fault(at+".count", "must be from 1 to %d, got %d", maxUsers, n)
		return
	}
	stream.Users = &load.Users{Count: *u.Count, Think: distribution.Constant(0)}
	if u.Think != nil {
		stream.Users.Think = u.Think.Dist
	}
}

// trace reads a trace through; each replication opens it again.
func (b *builder) trace(at string, t *wire.Trace, stream *load.Traffic) {
	units := map[string]time.Duration{"": 0, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond,
		"ns": time.Nanosecond}
	unit, known := units[t.Unit]
	if !known {
		b.fault(at+".unit", "must be s, ms, us or ns, got %.60q", t.Unit)
		return
	}
	o := trace.Options{
		Format: trace.Format(t.Format), Columns: trace.Columns(t.Columns), Unit: unit,
		Stretch: 1, RateScale: 1, Loop: t.Loop, Horizon: max(1, sim.Time(b.spec.Duration)-stream.Start),
	}
	if t.From != nil {
		o.From = time.Duration(*t.From)
	}
	if t.Stretch != nil {
		o.Stretch = *t.Stretch
	}
	if t.RateScale != nil {
		o.RateScale = *t.RateScale
	}
	if strings.ContainsAny(t.File, "*?[,") {
		b.fault(at+".file", "must be one file, got %.80q; give each file a stream of its own", t.File)
		return
	}
	name := b.path(t.File)
	recorded, err := trace.New(name, b.manifests.Files.Again(name), o)
	if err != nil {
		b.traceFault(at, err)
		return
	}
	switch {
	case recorded.Summary().Tokens && stream.Tokens != nil:
		b.fault(strings.TrimSuffix(strings.TrimSuffix(at, ".trace"), ".arrivals")+".tokens",
			"must be left out with a trace that has them")
	case recorded.Summary().Tokens:
		b.tokens(stream.Name)
	}
	if end := stream.Start.Add(recorded.Length()); !o.Loop && end < sim.Time(b.spec.Duration) {
		b.assumption("traffic %s: the trace ends at %s, and no requests come after it", stream.Name,
			time.Duration(end).Round(time.Second))
	}
	stream.Trace = func(r *rand.Rand) (load.Trace, error) {
		opened, err := recorded.Open(r)
		if err != nil {
			return nil, fmt.Errorf("traffic %s: %w", stream.Name, err)
		}
		return checkedTrace{opened}, nil
	}
}

func (b *builder) traceFault(at string, err error) {
	var in *trace.Error
	var file wire.Error
	switch {
	case errors.As(err, &in):
		b.AddError(wire.Error{File: in.File, Line: in.Line, Message: in.Text()})
	case errors.As(err, &file):
		b.AddError(file)
	default:
		field, message, _ := strings.Cut(err.Error(), ": ")
		b.fault(at+"."+field, "%s", message)
	}
}
