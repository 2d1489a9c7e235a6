package fold

import (
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// serviceMetrics, workloadMetrics, poolMetrics and runMetrics measure one
// replication; together they have every name of record.Metrics.
var (
	serviceMetrics = map[string]func(*service) stat.Value{
		"service.availability":              (*service).availability,
		"service.failed":                    func(s *service) stat.Value { return stat.Value(s.failed) },
		"service.failed.no-endpoint":        failedBy(record.NoEndpoint),
		"service.failed.no-such-host":       failedBy(record.NoHost),
		"service.failed.connection-refused": failedBy(record.Refused),
		"service.failed.killed-in-flight":   failedBy(record.Killed),
		"service.failed.queue-full":         failedBy(record.QueueFull),
		"service.failed.timeout":            failedBy(record.Timeout),
		"service.failed.dependency-failed":  failedBy(record.DependencyFailed),
		"service.failed.unavailable":        failedBy(record.Unavailable),
		"service.failed.rate-limited":       failedBy(record.RateLimited),
		"service.failed.error":              failedBy(record.Errored),
		"service.failed.canceled":           failedBy(record.Canceled),
		"service.failed.too-long":           failedBy(record.TooLong),
		"service.firstToken.p50":            func(s *service) stat.Value { return quantileOf(&s.firstToken, 0.50) },
		"service.firstToken.p95":            func(s *service) stat.Value { return quantileOf(&s.firstToken, 0.95) },
		"service.firstToken.p99":            func(s *service) stat.Value { return quantileOf(&s.firstToken, 0.99) },
		"service.perToken.p50":              func(s *service) stat.Value { return quantileOf(&s.perToken, 0.50) },
		"service.perToken.p95":              func(s *service) stat.Value { return quantileOf(&s.perToken, 0.95) },
		"service.perToken.p99":              func(s *service) stat.Value { return quantileOf(&s.perToken, 0.99) },
		"service.late":                      (*service).answeredLate,
		"service.goodput":                   (*service).goodput,
		"service.retries":                   (*service).retriesPerRequest,
		"service.sessions.lost":             func(s *service) stat.Value { return stat.Value(s.sessions.allLost()) },
		"service.latency.p50":               func(s *service) stat.Value { return s.latencyAt(0.50) },
		"service.latency.p95":               func(s *service) stat.Value { return s.latencyAt(0.95) },
		"service.latency.p99":               func(s *service) stat.Value { return s.latencyAt(0.99) },
		"service.outage.longest":            (*service).longestOutage,
		"service.endpoints.min":             func(s *service) stat.Value { return stat.Value(s.endpointsMin) },
	}
	workloadMetrics = map[string]func(*workload) stat.Value{
		"workload.ready.min":          (*workload).readyAtLeast,
		"workload.rollout.duration":   (*workload).longestRollout,
		"workload.rollout.unfinished": (*workload).unfinished,
		"workload.rollout.skew":       func(w *workload) stat.Value { return w.spread.Most() },
		"workload.oom.kills":          func(w *workload) stat.Value { return stat.Value(w.oomKills) },
		"workload.oom.system":         func(w *workload) stat.Value { return stat.Value(w.shortages.SystemKills) },
		"workload.oom.gpu":            func(w *workload) stat.Value { return stat.Value(w.gpuOOM) },
		"workload.evicted":            func(w *workload) stat.Value { return stat.Value(w.shortages.All()) },
		"workload.refused":            (*workload).refusedCount,
		"workload.restarts":           func(w *workload) stat.Value { return stat.Value(w.restarts) },
		"workload.memory.p99":         (*workload).memoryOfLimit,
		"workload.headroom":           (*workload).headroomLeft,
		"workload.cpu.throttled":      (*workload).throttled,
		"workload.model.preemptions":  (*workload).preemptions,
		"workload.model.cache.peak":   (*workload).cachePeak,
		"job.duration":                ofJobs((*jobs).duration),
		"job.failed":                  ofJobs((*jobs).failures),
		"job.succeeded":               ofJobs((*jobs).succeeded),
		"job.pods.failed":             ofJobs((*jobs).podsFailed),
		"cronjob.started":             ofCronJobs(func(c *cronJobs) stat.Value { return stat.Value(c.started) }),
		"cronjob.skipped":             ofCronJobs(func(c *cronJobs) stat.Value { return stat.Value(c.skipped) }),
		"cronjob.replaced":            ofCronJobs(func(c *cronJobs) stat.Value { return stat.Value(c.replaced) }),
		"cronjob.delay":               ofCronJobs(func(c *cronJobs) stat.Value { return stat.Value(c.delay.Seconds()) }),
	}
	poolMetrics = map[string]func(*pool) stat.Value{
		"pool.requested.cpu":    peakShare(func(a result.Amounts) float64 { return a.CPU }),
		"pool.requested.memory": peakShare(func(a result.Amounts) float64 { return a.Memory }),
		"pool.requested.gpu":    peakShare(func(a result.Amounts) float64 { return a.GPU }),
	}
	runMetrics = map[string]func(*replication) stat.Value{
		"pods.pending":         (*replication).pendingAtEnd,
		"pods.pending.longest": (*replication).longestPending,
		"oom.kills":            (*replication).oomKills,
		"steps.failed":         func(r *replication) stat.Value { return stat.Value(len(r.failed)) },
	}
)

// measure appends the metrics of a replication that ended.
func (f *Facts) measure(rep *replication) {
	for _, m := range record.Metrics {
		if value, ok := runMetrics[m.Name]; ok {
			f.setValue(m.Name, "", value(rep))
		}
		if value, ok := serviceMetrics[m.Name]; ok {
			for of, s := range rep.services {
				f.setValue(m.Name, of, value(s))
			}
		}
		if value, ok := workloadMetrics[m.Name]; ok {
			for of, w := range rep.workloads {
				if w.has(m.Name) {
					f.setValue(m.Name, of, value(w))
				}
			}
		}
		if value, ok := poolMetrics[m.Name]; ok {
			for of, p := range rep.pools {
				f.setValue(m.Name, of, value(p))
			}
		}
	}
}

// has reports whether a metric is one of those of the workload's kind.
func (w *workload) has(metric string) bool {
	switch {
	case strings.HasPrefix(metric, "job."):
		return w.job != nil
	case strings.HasPrefix(metric, "cronjob."):
		return w.cron != nil
	}
	return true
}

// setValue puts the value in the place of the replication that ended last;
// places that were passed over stay missing.
func (f *Facts) setValue(metric, of string, v stat.Value) {
	key, place := result.MetricKey(metric, of), len(f.ended)-1
	for len(f.values[key]) < place {
		f.values[key] = append(f.values[key], stat.Missing)
	}
	f.values[key] = append(f.values[key], v)
}

func failedBy(cause record.Cause) func(*service) stat.Value {
	return func(s *service) stat.Value {
		for i, c := range record.Causes {
			if c == cause {
				return stat.Value(s.byCause[i])
			}
		}
		return stat.Missing
	}
}

func peakShare(resource func(result.Amounts) float64) func(*pool) stat.Value {
	return func(p *pool) stat.Value {
		if p.seconds == 0 {
			return stat.Missing
		}
		return stat.Share(resource(p.requested.Peak), resource(p.allocatable))
	}
}

func (s *service) longestOutage() stat.Value {
	if s.longest == nil {
		return 0
	}
	return stat.Value(s.longest.Seconds.Seconds())
}

func (w *workload) readyAtLeast() stat.Value {
	if !w.allReady {
		return stat.Missing
	}
	return stat.Value(w.readyMin)
}

func (w *workload) longestRollout() stat.Value {
	longest := stat.Missing
	for _, ro := range w.rollouts {
		if ro.Initial {
			continue
		}
		if s := ro.seconds(); !longest.Known() || s > longest {
			longest = s
		}
	}
	return longest
}

func (w *workload) unfinished() stat.Value {
	if len(w.rollouts) == 0 {
		return stat.Missing
	}
	n := 0
	for _, ro := range w.rollouts {
		n += 1 - ro.Completed
	}
	return stat.Value(n)
}

func (w *workload) memoryOfLimit() stat.Value {
	worst := stat.Missing
	for key, m := range w.memory {
		if key.Limit <= 0 {
			continue
		}
		if v := m.quantile(0.99) / stat.Value(key.Limit); !worst.Known() || v > worst {
			worst = v
		}
	}
	return worst
}

func (w *workload) refusedCount() stat.Value {
	var n int64
	for _, r := range w.evidence.refusals {
		n += r.count
	}
	return stat.Value(n)
}

func (w *workload) headroomLeft() stat.Value {
	if w.headroom == nil {
		return stat.Missing
	}
	return stat.Value(w.headroom.Replicas)
}

func (r *replication) pendingAtEnd() stat.Value {
	n := 0
	for _, p := range r.pods {
		if p.waits() {
			n++
		}
	}
	return stat.Value(n)
}

func (r *replication) longestPending() stat.Value {
	var longest sim.Time
	for _, p := range r.pods {
		longest = max(longest, p.waited(r.now))
	}
	return stat.Value(math.Max(longest.Seconds(), 0))
}

func (r *replication) oomKills() stat.Value {
	var n int64
	for _, w := range r.workloads {
		n += w.oomKills
	}
	return stat.Value(n)
}
