// Package metricsserver is the way of CPU and memory use to the autoscalers:
// cAdvisor looks at the containers of a pod, metrics-server scrapes what it has
// found, and the resource metrics API shows the slope between two scrapes
// (metrics-server, pkg/storage).
package metricsserver

import "time"

// Config is how old the resource metrics are.
type Config struct {
	// Resolution is metrics-server's --metric-resolution; 0 gives the autoscaler
	// the use at the instant it asks.
	Resolution time.Duration
	// Housekeeping is how often cAdvisor reads a container's cgroup
	// (--housekeeping-interval of the kubelet).
	Housekeeping time.Duration
	// Window is what the metrics API says it took the mean over when Resolution
	// is 0. The autoscaler counts a pod as unready until it has been Ready for so
	// long (replica_calculator.go, groupPods).
	Window time.Duration
	// Ticking makes each look of cAdvisor an event, also when it can find nothing
	// new.
	Ticking bool
}

// DefaultConfig is what metrics-server's manifests and the kubelet have.
func DefaultConfig() Config {
	return Config{Resolution: 15 * time.Second, Housekeeping: 10 * time.Second}
}

// instant is the time over which the use of an instant is measured, for a
// metrics API without delay: at an instant itself threads run, or not.
const instant = time.Second

// Instant is whether the API has no delay.
func (c Config) Instant() bool { return c.Resolution <= 0 }

// memory is how far back the two samples of metrics-server reach at the most, and some
// more: there are three looks and three scrapes in it.
func (c Config) memory() time.Duration { return 3 * (c.Resolution + c.period()) }

// period is that of cAdvisor's looks.
func (c Config) period() time.Duration {
	if c.Instant() {
		return instant
	}
	return max(c.Housekeeping, time.Second) // cAdvisor's own floor
}
