package load

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// served is a program that takes so many seconds.
func served(law distribution.Dist) []Step { return []Step{Work{Time: law}} }

func ignore(sim.Time, int, int64, int64) {}

// newInstance is a server that calls nobody.
func newInstance(loop *sim.Loop, spec *Server, meter Meter) *Instance {
	return NewInstance(NewNetwork(loop, sim.NewStreams(1, 0), 0, sim.Time(1e9), func(record.Record) {}), 1, spec, meter)
}
