package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// configure makes the container's configuration and reports whether that went
// well. If not, the sync of the pod fails and comes again after the back-off
// (kuberuntime_container.go, generateContainerConfig; pod_workers.go, completeWork).
func (c *Container) configure(now sim.Time) bool {
	if c.plan.ConfigError == nil {
		return true
	}
	why := c.plan.ConfigError()
	if why == "" {
		return true
	}
	c.pod.wait(now, Waiting{Container: c.Name(), Reason: "CreateContainerConfigError", Message: why})
	return false
}
