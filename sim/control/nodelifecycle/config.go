package nodelifecycle

import (
	"fmt"
	"time"
)

// Config is the flags of kube-controller-manager, by their names.
type Config struct {
	// NodeMonitorPeriod is how often Monitor.Tick is due.
	NodeMonitorPeriod time.Duration
	// NodeMonitorGracePeriod is how long a node may be silent before its
	// conditions turn Unknown, NodeStartupGracePeriod the same for one that
	// never said anything.
	NodeMonitorGracePeriod time.Duration
	NodeStartupGracePeriod time.Duration
	// NodeEvictionRate is how many nodes of a healthy zone get a NoExecute
	// taint per second, SecondaryNodeEvictionRate the same for a large zone
	// that is unhealthy; a small one gets none.
	NodeEvictionRate          float32
	SecondaryNodeEvictionRate float32
	// UnhealthyZoneThreshold is the share of nodes not Ready, of at least
	// three, that makes a zone unhealthy.
	UnhealthyZoneThreshold float32
	// LargeClusterSizeThreshold is the number of nodes that a zone must exceed
	// to be large.
	LargeClusterSizeThreshold int32
	// TerminatedPodGCThreshold is how many pods that are over may stay; 0 or
	// less is all.
	TerminatedPodGCThreshold int
}

// Periods that no flag changes.
const (
	// TaintPeriod is how often Monitor.TaintPass is due (NodeEvictionPeriod in
	// nodelifecycle/scheduler/rate_limited_queue.go).
	TaintPeriod = 100 * time.Millisecond
	// PodGCPeriod is how often PodGC.Collect is due, and PodGCQuarantine how
	// long a node must be missing before its pods are removed.
	PodGCPeriod     = 20 * time.Second
	PodGCQuarantine = 40 * time.Second
)

// A kubelet's defaults: its lease lasts LeaseDuration and is renewed every
// quarter of that (pkg/kubelet/kubelet.go, nodeLeaseRenewIntervalFraction).
const (
	LeaseDuration      = 40 * time.Second
	LeaseRenewInterval = LeaseDuration / 4
)

// DefaultConfig has the defaults of kube-controller-manager
// (pkg/controller/nodelifecycle/config/v1alpha1, podgc/config/v1alpha1 and
// cmd/kube-controller-manager/app/options).
func DefaultConfig() Config {
	return Config{
		NodeMonitorPeriod:         5 * time.Second,
		NodeMonitorGracePeriod:    50 * time.Second,
		NodeStartupGracePeriod:    60 * time.Second,
		NodeEvictionRate:          0.1,
		SecondaryNodeEvictionRate: 0.01,
		UnhealthyZoneThreshold:    0.55,
		LargeClusterSizeThreshold: 50,
		TerminatedPodGCThreshold:  12500,
	}
}

// Validate reports the first setting that makes no sense.
func (c Config) Validate() error {
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{
		{"node-monitor-period", c.NodeMonitorPeriod},
		{"node-monitor-grace-period", c.NodeMonitorGracePeriod},
		{"node-startup-grace-period", c.NodeStartupGracePeriod},
	} {
		if d.value <= 0 {
			return fmt.Errorf("%s: must be positive, got %v", d.flag, d.value)
		}
	}
	for _, r := range []struct {
		flag  string
		value float32
	}{
		{"node-eviction-rate", c.NodeEvictionRate},
		{"secondary-node-eviction-rate", c.SecondaryNodeEvictionRate},
	} {
		if !(r.value >= 0) {
			return fmt.Errorf("%s: must not be negative, got %v", r.flag, r.value)
		}
	}
	if t := c.UnhealthyZoneThreshold; !(t >= 0 && t <= 1) {
		return fmt.Errorf("unhealthy-zone-threshold: must be between 0 and 1, got %v", t)
	}
	return nil
}
