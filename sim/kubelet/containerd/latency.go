// Package containerd is how long the container runtime of a node takes.
package containerd

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Latency is how long a container runtime and the kubelet's own work take, in
// seconds. A law that is nil takes no time.
type Latency struct {
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

// Default is containerd 2.2.9 with runc under kubelet 1.37.2 on a machine
// of two cores with a bridge network, as recorded (docs/fidelity.md): medians,
// and the 99th percentile where the delay has a tail.
func Default() Latency {
	law := distribution.LogNormalFromMedianP99
	return Latency{
		Sandbox: law(0.195, 0.30), Container: law(0.085, 0.2), Parallel: 0.6, Started: law(0.008, 0.03),
		Signal: law(0.015, 0.05), Exit: law(0.04, 0.12),
		StopSandbox: law(0.11, 0.4), Cleanup: law(0.04, 0.25),
		Relist: law(0.006, 0.03), Status: law(0.02, 0.3), RelistCost: 5 * time.Millisecond,
		LostTrigger: 0.02, LateResult: 0.07,
	}
}
