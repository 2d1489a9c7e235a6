package settings

import (
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// nodeLifecycle sets the flags about nodes.
func (r reader) nodeLifecycle(flags *wire.ControllerManager) {
	c := &r.Spec.NodeLifecycle
	const manager = "cluster.kubeControllerManager."
	for _, f := range []struct {
		name string
		from *wire.Duration
		to   *time.Duration
	}{
		{"node-monitor-period", flags.NodeMonitorPeriod, &c.NodeMonitorPeriod},
		{"node-monitor-grace-period", flags.NodeMonitorGracePeriod, &c.NodeMonitorGracePeriod},
		{"node-startup-grace-period", flags.NodeStartupGracePeriod, &c.NodeStartupGracePeriod},
	} {
		if f.from == nil {
			continue
		}
		if *f.to = time.Duration(*f.from); *f.to < 100*time.Millisecond {
			r.Fault(manager+f.name, "must be at least 100ms, got %s", *f.to)
		}
	}
	for _, f := range []struct {
		name string
		from *float64
		to   *float32
		most float64
	}{
		{"node-eviction-rate", flags.NodeEvictionRate, &c.NodeEvictionRate, 1e6},
		{"secondary-node-eviction-rate", flags.SecondaryNodeEvictionRate, &c.SecondaryNodeEvictionRate, 1e6},
		{"unhealthy-zone-threshold", flags.UnhealthyZoneThreshold, &c.UnhealthyZoneThreshold, 1},
	} {
		if f.from == nil {
			continue
		}
		if v := *f.from; !(v >= 0 && v <= f.most) {
			r.Fault(manager+f.name, "must be from 0 to %g, got %g", f.most, v)
			continue
		}
		*f.to = float32(*f.from)
	}
	if n := flags.TerminatedPodGCThreshold; n != nil {
		c.TerminatedPodGCThreshold = max(*n, 0)
	}
	if n := flags.LargeClusterSizeThreshold; n != nil {
		c.LargeClusterSizeThreshold = int32(min(max(*n, 0), 1<<30))
	}
}
