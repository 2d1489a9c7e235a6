package settings

import (
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// autoscaling sets the flags that autoscalers depend on.
func (r reader) autoscaling(c *wire.Cluster) {
	flags, a, m := &c.ControllerManager, &r.Spec.Autoscaler, &r.Spec.MetricsServer
	const manager, server = "cluster.kubeControllerManager.horizontal-pod-autoscaler-", "cluster.metricsServer."
	for _, f := range []struct {
		name     string
		from     *wire.Duration
		to       *time.Duration
		positive bool
	}{
		{manager + "sync-period", flags.SyncPeriod, &a.SyncPeriod, true},
		{manager + "downscale-stabilization", flags.DownscaleStabilization, &a.DownscaleStabilization, false},
		{manager + "cpu-initialization-period", flags.CPUInitializationPeriod, &a.CPUInitializationPeriod, false},
		{manager + "initial-readiness-delay", flags.InitialReadinessDelay, &a.InitialReadinessDelay, false},
		{server + "metric-resolution", c.MetricsServer.Resolution, &m.Resolution, false},
		{server + "window", c.MetricsServer.Window, &m.Window, false},
		{server + "housekeeping-interval", c.MetricsServer.Housekeeping, &m.Housekeeping, true},
	} {
		if f.from == nil {
			continue
		}
		*f.to = time.Duration(*f.from)
		switch {
		case f.positive && *f.to < time.Second:
			r.Fault(f.name, "must be at least 1s, got %s", *f.to)
		case f.name == server+"metric-resolution" && *f.to > 0 && *f.to < time.Second:
			r.Fault(f.name, "must be 0s or at least 1s, got %s", *f.to)
		}
	}
	if t := flags.Tolerance; t != nil {
		if a.Tolerance = *t; a.Tolerance < 0 {
			r.Fault(manager+"tolerance", "must be at least 0, got %g", *t)
		}
	}
}
