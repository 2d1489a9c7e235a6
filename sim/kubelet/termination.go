package kubelet

import (
	"time"

	v1 "k8s.io/api/core/v1"
)

// minimumGracePeriod is what a container always gets between SIGTERM and
// SIGKILL (minimumGracePeriodInSeconds in kuberuntime_container.go).
const minimumGracePeriod = 2 * time.Second

// gracePeriod is how long a container has after a failed probe: the probe's
// own, else the pod's.
func gracePeriod(pod *v1.Pod, p *v1.Probe) time.Duration {
	switch {
	case p != nil && p.TerminationGracePeriodSeconds != nil:
		return time.Duration(*p.TerminationGracePeriodSeconds) * time.Second
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		return time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	return v1.DefaultTerminationGracePeriodSeconds * time.Second
}
