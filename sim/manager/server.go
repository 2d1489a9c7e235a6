package manager

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Server is the API server as its clients know it. It puts their writes into one
// order: no two are carried out at one instant, so a watch tells of each one alone.
type Server struct {
	loop  *sim.Loop
	flags Config            // of kube-controller-manager
	taken map[sim.Time]bool // instants to come at which a write is carried out
}

// NewServer returns a server without clients, which have the limits of the flags.
func NewServer(loop *sim.Loop, flags Config) *Server {
	return &Server{loop: loop, flags: flags, taken: map[sim.Time]bool{}}
}

// carryOut lets a write be done at some time, or as soon after it as there is no
// other, and returns when.
func (s *Server) carryOut(at sim.Time, do func(now sim.Time)) sim.Time {
	for s.taken[at] {
		at = at.Add(time.Microsecond)
	}
	s.taken[at] = true
	s.loop.At(at, sim.PhaseControl, sim.Func(func(now sim.Time) {
		delete(s.taken, now)
		do(now)
	}))
	return at
}
