package manager

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// pace is the time of a component that sees the cluster through watches: as late
// as they tell of a change. What it decides from a change therefore runs at the
// time of the change, when the cluster is as the component will see it, and what
// it then sends is sent a watch later.
type pace struct {
	*Server
	// watch is how long after a change its watch tells of it.
	watch time.Duration
	// ahead is how much later it is for the component, in what runs now, than in
	// the cluster: watch, but less where it could not run earlier.
	ahead time.Duration
}

func newPace(s *Server, watch time.Duration) *pace {
	return &pace{Server: s, watch: watch, ahead: watch}
}

// now is the component's present.
func (p *pace) now() sim.Time { return p.loop.Now().Add(p.ahead) }

// during runs f as at some time of the component's that is not over in the
// cluster. f gets that time.
func (p *pace) during(at sim.Time, f func(now sim.Time)) {
	before := p.ahead
	p.ahead = time.Duration(at - p.loop.Now())
	f(at)
	p.ahead = before
}

// then runs f at some time of the component's, when the cluster is as it then
// sees it; not before something it needs.
func (p *pace) then(at, needs sim.Time, f func(now sim.Time)) {
	p.loop.At(max(needs, at.Add(-p.watch)), sim.PhaseControl, sim.Func(func(sim.Time) { p.during(at, f) }))
}
