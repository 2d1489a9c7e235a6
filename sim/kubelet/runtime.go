package kubelet

import (
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet/containerd"
)

// Runtime is how long a container runtime and the kubelet's own work take.
type Runtime = containerd.Latency

// DefaultRuntime is what was recorded of containerd.
func DefaultRuntime() Runtime { return containerd.Default() }

// draw is one value of a law.
func draw(law distribution.Dist, random *rand.Rand) time.Duration {
	if law == nil {
		return 0
	}
	return seconds(law.Sample(random))
}
