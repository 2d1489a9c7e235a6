package kubelet

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// Work is what a container does besides living: it takes requests. The kubelet
// tells it when the process listens and when it is gone.
type Work interface {
	// Open: the process listens, and works on the CPU of a cgroup.
	Open(now sim.Time, group *cpu.Group)
	// Close: it takes no new requests but finishes those it has; idle is
	// called once, as soon as there are none, at once if so already.
	Close(now sim.Time, idle func(now sim.Time))
	// Idle calls f once, as soon as it has no requests, at once if so already. It takes new
	// ones meanwhile.
	Idle(now sim.Time, f sim.Func)
	// Share: so many containers share the GPU of this one, itself included.
	Share(now sim.Time, among int)
	// Kill: the process is gone. It returns how many requests went with it.
	Kill(now sim.Time) int
}

// noWork is a container that takes no requests.
type noWork struct{}

func (noWork) Open(sim.Time, *cpu.Group)                   {}
func (noWork) Close(now sim.Time, idle func(now sim.Time)) { idle(now) }
func (noWork) Idle(now sim.Time, f sim.Func)               { f(now) }
func (noWork) Share(sim.Time, int)                         {}
func (noWork) Kill(sim.Time) int                           { return 0 }

// Plan is one container as it is to be run.
type Plan struct {
	Spec      *v1.Container
	Behaviour Behaviour
	// Random draws this container's start and loading times, Bursts its bursts, Crashes
	// its crashes; nil is Random.
	Random, Bursts, Crashes *rand.Rand
	// Work is nil for a container that takes no requests.
	Work Work
	// GPUMemory is the part of each of its GPUs' memory that the process takes,
	// from 0 to 1.
	GPUMemory float64
	// GPUs are those of its machine, by number, that it gets by claims. Claims says that
	// it gets no others.
	GPUs   []int
	Claims bool
	// ConfigError is why the container's configuration can't be created now,
	// e.g. a Secret that is absent; "" when it can. Nil: it always can.
	ConfigError func() string
}

// Terminated is the end of a process life, as ContainerStateTerminated.
type Terminated struct {
	Code     int32
	Reason   string // OOMKilled, Error, Completed
	Cause    string
	Message  string
	Uptime   time.Duration
	Memory   int64
	Limit    int64
	InFlight int
}
