package manager

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// pace is the time of a component that sees the cluster through watches, which
// tell of a change some milliseconds late:
//
//	cluster     change at t ─────────────▶ write at t + watch + request
//	component   decides, as at t + watch
//
// The decision runs at t, when the cluster is just as the component will see it at
// t + watch. What it sends is sent at t + watch.
type pace struct {
	*Server
	// watch is how long after a change its watch tells of it.
	watch time.Duration
	// ahead is how far the component's present is beyond the cluster's, in what
	// runs now. It is watch, or less where the decision could not run earlier.
	ahead time.Duration
}

func newPace(s *Server, watch time.Duration) *pace {
	return &pace{Server: s, watch: watch, ahead: watch}
}

// now is the component's present.
func (p *pace) now() sim.Time { return p.loop.Now().Add(p.ahead) }

// during runs f now, as if it were at in the component's time. at is not before
// now. f gets it.
func (p *pace) during(at sim.Time, f func(now sim.Time)) {
	before := p.ahead
	p.ahead = time.Duration(at - p.loop.Now())
	f(at)
	p.ahead = before
}

// then runs f as at a time of the component's: watch earlier in the cluster's time,
// but not before needs.
func (p *pace) then(at, needs sim.Time, f func(now sim.Time)) {
	p.loop.At(max(needs, at.Add(-p.watch)), sim.PhaseControl, sim.Func(func(sim.Time) { p.during(at, f) }))
}
