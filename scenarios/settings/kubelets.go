package settings

import (
	"maps"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/behaviour"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/kubelet/eviction"
)

// eviction reads the kubelets' settings.
func (r reader) eviction(k *wire.Kubelet) {
	e := kubelet.DefaultEviction()
	if _, given := k.EvictionHard["nodefs.available"]; given {
		e.Disk = nil
	}
	for _, name := range slices.Sorted(maps.Keys(k.EvictionHard)) {
		signal := k.EvictionHard[name]
		switch {
		case name == "nodefs.available" || name == "imagefs.available":
			e.Disk = append(e.Disk, eviction.Threshold{Bytes: signal.Bytes, Part: signal.Part})
		case name != "memory.available":
			r.Fault("cluster.kubelet.evictionHard", "must be of memory.available, nodefs.available and imagefs.available, "+
				"the signals that are simulated, got %.60q", name)
		case signal.Part > 0:
			r.Fault("cluster.kubelet.evictionHard", "must have a quantity for memory.available, for machines differ, got %g%%",
				signal.Part*100)
		default:
			e.Hard = signal.Bytes
		}
	}
	if k.PressureTransitionPeriod != nil {
		e.TransitionPeriod = time.Duration(*k.PressureTransitionPeriod)
	}
	r.Spec.Eviction = e
}

// kubelets reads the kubelets' other settings and how long their runtime takes.
func (r reader) kubelets(c *wire.Cluster) {
	k, spec := &c.Kubelet, r.Spec
	if n := k.MaxParallelImagePulls; n != nil {
		if *n < 1 {
			r.Fault("cluster.kubelet.maxParallelImagePulls", "must be at least 1, got %d", *n)
		}
		if *n > 1 && spec.SerializePulls {
			r.Fault("cluster.kubelet.maxParallelImagePulls", "must be 1 with serializeImagePulls, got %d", *n)
		}
		spec.MaxParallelPulls = *n
	}
	if d := k.CrashLoopBackOff.MaxContainerRestartPeriod; d != nil {
		spec.MaxRestartPeriod = time.Duration(*d)
		if spec.MaxRestartPeriod < time.Second || spec.MaxRestartPeriod > 300*time.Second {
			r.Fault("cluster.kubelet.crashLoopBackOff.maxContainerRestartPeriod", "must be from 1s to 300s, got %s",
				spec.MaxRestartPeriod)
		}
	}
	spec.SingleProcessOOMKill = k.SingleProcessOOMKill != nil && *k.SingleProcessOOMKill
	r.shutdown(k)
	r.runtime(&c.Runtime, &spec.Runtime)
}

// shutdown reads how long a machine's shutdown waits for its pods, by the rules of
// pkg/kubelet/apis/config/validation/validation.go.
func (r reader) shutdown(k *wire.Kubelet) {
	read := func(name string, given *wire.Duration) (d time.Duration) {
		if given != nil {
			d = time.Duration(*given)
		}
		if d != 0 && (d < time.Second || d > 24*time.Hour) {
			r.Fault("cluster.kubelet."+name, "must be 0s or from 1s to 24h, got %s", d)
		}
		return d
	}
	to := &r.Spec.Shutdown
	to.Total = read("shutdownGracePeriod", k.ShutdownGracePeriod)
	to.Critical = read("shutdownGracePeriodCriticalPods", k.ShutdownCriticalPods)
	if to.Critical > to.Total {
		r.Fault("cluster.kubelet.shutdownGracePeriodCriticalPods", "must be at most shutdownGracePeriod, got %s of %s",
			to.Critical, to.Total)
	}
}

// runtime reads how long the nodes' container runtime takes.
func (r reader) runtime(from *wire.Runtime, to *kubelet.Runtime) {
	for _, l := range []struct {
		name  string
		given *wire.DurationDist
		to    *distribution.Dist
	}{
		{"sandbox", from.Sandbox, &to.Sandbox}, {"container", from.Container, &to.Container},
		{"started", from.Started, &to.Started},
		{"signal", from.Signal, &to.Signal}, {"exit", from.Exit, &to.Exit},
		{"stopSandbox", from.StopSandbox, &to.StopSandbox},
		{"cleanup", from.Cleanup, &to.Cleanup}, {"relist", from.Relist, &to.Relist}, {"status", from.Status, &to.Status},
	} {
		if behaviour.Law(l.given) == nil {
			continue // left out, or at fault already
		}
		*l.to = l.given.Dist
		if mean := l.given.Mean(); !(mean >= 0 && mean <= longestLatency.Seconds()) {
			r.Fault("cluster.runtime."+l.name, "must be from 0s to %s, got a mean of %gs", longestLatency, mean)
		}
	}
	if n := from.StartsPerCore; n != nil {
		if !(*n >= 0 && *n <= 1000) {
			r.Fault("cluster.runtime.startsPerCore", "must be from 0 to 1000, got %g", *n)
		}
		to.Parallel = *n
	}
}

// longestLatency bounds what a runtime may take.
const longestLatency = 24 * time.Hour
