package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// How long a pod's worker waits after a sync that failed (pkg/kubelet/kubelet.go,
// backOffPeriod; pod_workers.go, workerBackOffPeriodJitterFactor).
const (
	syncBackOff       = 10 * time.Second
	syncBackOffJitter = 0.5
)

// configure makes the container's configuration and reports whether that went
// well. If not, the sync of the pod has failed and comes again after the back-off
// (pod_workers.go, completeWork), at a tick of the kubelet's loop, which starts
// right after the relist ticker and has its period (kubelet.go, Run and
// syncLoop).
func (c *Container) configure(now sim.Time) bool {
	if c.plan.ConfigError == nil {
		return true
	}
	why := c.plan.ConfigError()
	if why == "" {
		return true
	}
	if c.retries == nil {
		c.retries = c.plan.Random
		if c.plan.Retries != nil {
			c.retries = c.plan.Retries()
		}
	}
	c.pod.wait(now, c, "CreateContainerConfigError", why)
	wait := float64(syncBackOff) * (1 + syncBackOffJitter*c.retries.Float64())
	c.retry.Set(c.pod.host.noticed(now.Add(time.Duration(wait))))
	return false
}
