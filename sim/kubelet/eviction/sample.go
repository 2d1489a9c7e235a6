package eviction

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// housekeeping is how often the node's statistics of a container are taken
// (cAdvisor's --housekeeping-interval in pkg/kubelet/cadvisor/cadvisor_linux.go).
const housekeeping = 10 * time.Second

// Sample is the newest one of a container's memory. Between changes memory goes
// along a line, so that what a sample had found is known afterwards.
type Sample struct {
	begun, at sim.Time
	Bytes     float64
}

// Begin is the first sample, of a new process.
func (s *Sample) Begin(now sim.Time, bytes float64) { *s = Sample{begun: now, at: now, Bytes: bytes} }

// Pass takes the samples up to now, of a memory that is on a line since its last
// change.
func (s *Sample) Pass(now sim.Time, bytes, perSecond float64) {
	const period = sim.Time(housekeeping)
	if at := now - ((now-s.begun)%period+period)%period; at > s.at {
		s.at, s.Bytes = at, bytes-perSecond*(now-at).Seconds()
	}
}
