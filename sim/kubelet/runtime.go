package kubelet

import (
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Runtime is how long a container runtime and the kubelet's own work take, in
// seconds. A law that is nil takes no time.
type Runtime struct {
	// Sandbox is from the begin of a sync until a new pod has its sandbox and
	// network, Container from there until the container's first process begins.
	// Both are for a pod that starts alone; see Parallel.
	Sandbox, Container distribution.Dist
	// Parallel is how many of them a node does at full speed, by core; more share
	// it. 0 is no bound.
	Parallel float64
	// Started is from the first process until the runtime tells that it runs.
	Started distribution.Dist
	// Signal is from the kubelet's StopContainer until the process gets SIGTERM.
	Signal distribution.Dist
	// Exit is from the end of a process until the runtime tells of it.
	Exit distribution.Dist
	// StopSandbox takes down the sandbox and network of a pod, Cleanup its volumes
	// and cgroups.
	StopSandbox, Cleanup distribution.Dist
	// Relist is what a relist of one pod takes, which a sync asks for.
	Relist distribution.Dist
	// RelistCost is what a relist of all pods adds to its period: the next one is set
	// when it is done (pkg/kubelet/pleg/generic.go, workerLoopIteration).
	RelistCost time.Duration
	// LostTrigger is how often a probe that a sync asks for runs before the sync has
	// stored the status that it goes by; LateResult how often the first result of such
	// a probe comes when the sync is over.
	LostTrigger, LateResult float64
	// Status is from a status that the kubelet has found until the API server has it.
	Status distribution.Dist
}

// DefaultRuntime is containerd 2.2.9 with runc under kubelet 1.37.2 on a machine
// of two cores with a bridge network, as recorded (docs/fidelity.md): medians,
// and the 99th percentile where the delay has a tail.
func DefaultRuntime() Runtime {
	law := distribution.LogNormalFromMedianP99
	return Runtime{
		Sandbox: law(0.195, 0.30), Container: law(0.085, 0.2), Parallel: 0.6, Started: law(0.008, 0.03),
		Signal: law(0.015, 0.05), Exit: law(0.04, 0.12),
		StopSandbox: law(0.11, 0.4), Cleanup: law(0.04, 0.25),
		Relist: law(0.006, 0.03), Status: law(0.02, 0.3), RelistCost: 5 * time.Millisecond,
		LostTrigger: 0.02, LateResult: 0.07,
	}
}

// draw is one value of a law.
func draw(law distribution.Dist, random *rand.Rand) time.Duration {
	if law == nil {
		return 0
	}
	return seconds(law.Sample(random))
}

// starts are the sandboxes and containers that a node makes at the same time.
// Each needs some seconds of work; when there are more than the node can do at
// full speed, they share it equally.
type starts struct {
	loop  *sim.Loop
	limit float64 // at full speed; 0 is no bound
	list  []*starting
	last  sim.Time
	next  sim.Timer
}

// starting is one piece of work.
type starting struct {
	left float64 // seconds at full speed
	done sim.Func
}

// nothingLeft is less than what a nanosecond does.
const nothingLeft = 1e-9

func (s *starts) init(loop *sim.Loop, limit float64) {
	s.loop, s.limit = loop, limit
	s.next.Init(loop, sim.PhaseMachine, s.fire)
}

// speed is how fast each piece goes on, at most 1.
func (s *starts) speed() float64 {
	if n := float64(len(s.list)); s.limit > 0 && n > s.limit {
		return s.limit / n
	}
	return 1
}

func (s *starts) advance(now sim.Time) {
	worked := (now - s.last).Seconds() * s.speed()
	s.last = now
	for _, w := range s.list {
		w.left -= worked
	}
}

// add begins a piece of work and calls done at its end.
func (s *starts) add(now sim.Time, work time.Duration, done sim.Func) {
	if work <= 0 {
		done(now)
		return
	}
	s.advance(now)
	s.list = append(s.list, &starting{left: work.Seconds(), done: done})
	s.arm(now)
}

func (s *starts) arm(now sim.Time) {
	if len(s.list) == 0 {
		s.next.Stop()
		return
	}
	least := s.list[0].left
	for _, w := range s.list {
		least = min(least, w.left)
	}
	s.next.Set(now.Add(seconds(max(least, 0)/s.speed()) + 1))
}

func (s *starts) fire(now sim.Time) {
	s.advance(now)
	var ended []*starting
	kept := s.list[:0]
	for _, w := range s.list {
		if w.left <= nothingLeft {
			ended = append(ended, w)
		} else {
			kept = append(kept, w)
		}
	}
	s.list = kept
	for _, w := range ended {
		w.done(now)
	}
	s.arm(now)
}

// crash forgets all work.
func (s *starts) crash() {
	s.list = nil
	s.next.Stop()
}
