package size

import (
	"math"
	"time"
)

// What things cost on a machine of 2 GHz, in seconds of CPU time and bytes of memory:
// from the rows of docs/performance.md. They are right within a few times,
// which is enough to tell minutes from hours.
const (
	secondsPerPod     = 2e-3 // it is scheduled, started and watched until it is Ready
	secondsPerPodHour = 2e-3 // its probes, its share of metrics and of looks of autoscalers
	secondsPerRequest = 1.2e-6
	secondsPerNode    = 5e-4 // of each pod that is scheduled, for a thousand nodes

	bytesAlways     = 32 << 20
	bytesPerPod     = 48 << 10
	bytesPerStarted = 8 << 10 // what its records take until they are handed over
)

// Cost is what a run takes.
type Cost struct {
	// CPU is the time of one core.
	CPU time.Duration
	// Memory is how many bytes the replications take that are played at once.
	Memory uint64
}

// Cost is what so many replications take, of which atOnce are played at once.
func (s Size) Cost(replications, atOnce int) Cost {
	pods := s.Pods + s.Started
	cpu := pods*(secondsPerPod+secondsPerNode*float64(s.Nodes)/1000) + s.Pods*s.Hours*secondsPerPodHour +
		s.Requests*secondsPerRequest
	memory := bytesAlways + float64(min(replications, atOnce))*(s.Pods*bytesPerPod+s.Started*bytesPerStarted)
	return Cost{
		CPU:    time.Duration(min(cpu*float64(replications), maxSeconds) * float64(time.Second)),
		Memory: uint64(min(memory, math.MaxInt64/2)),
	}
}

// maxSeconds is the longest CPU time that is told: about a century.
const maxSeconds = 3e9
