package report

import (
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// budgetObjective is what error budgets are reckoned for when nobody says it.
const budgetObjective = 0.999

func (f *Facts) downtime(r *result.Result) {
	r.Services, r.Workloads = map[string]result.Service{}, map[string]result.Workload{}
	r.Downtime.UnfinishedRollouts = f.totals.unfinished
	for _, key := range slices.Sorted(maps.Keys(f.totals.services)) {
		s := f.service(key)
		r.Services[key] = s
		if f.totals.entries && !f.totals.services[key].entry {
			continue // its requests are a part of others, or follow from them
		}
		r.Downtime.Requests += s.OK + s.Failed
		r.Downtime.Failed += s.Failed
		r.Downtime.Late += s.Late
		longest := r.Downtime.LongestOutage
		if o := s.Outages.Longest; o != nil && (longest == nil || o.Seconds > longest.Seconds) {
			r.Downtime.LongestOutage = o
		}
	}
	for key := range f.totals.workloads {
		r.Workloads[key] = f.workload(key)
	}
}

func (f *Facts) service(key string) result.Service {
	t := f.totals.services[key]
	s := result.Service{
		Workloads:     result.NotNil(t.workloads),
		Entry:         t.entry,
		External:      t.external,
		Arrived:       t.arrived,
		OK:            t.ok,
		Failed:        t.failed,
		Late:          t.late,
		Objective:     t.objective,
		FailedByCause: map[record.Cause]int64{},
		InFlightAtEnd: t.inFlightAtEnd,
		InFlightMax:   t.inFlightMax,
		Retries:       t.retries,
		Events:        t.eventCosts(),
		Sessions:      t.sessions.result(),
		Availability:  stat.Summarize(f.values[result.MetricKey("service.availability", key)]).Clip(0, 1),
		Latency:       spread(&t.latency),
		FirstToken:    spread(&t.firstToken),
		PerToken:      spread(&t.perToken),
		Outages:       result.Outages{Count: t.outages, Seconds: stat.Summarize(t.outageSeconds).Clip(0, f.run.Duration.Seconds()), Longest: t.longest},
		EndpointsMin:  stat.Summarize(f.values[result.MetricKey("service.endpoints.min", key)]),
	}
	for i, cause := range record.Causes {
		s.FailedByCause[cause] = t.byCause[i]
	}
	ended := t.ok + t.failed
	if t.failed == 0 && ended > 0 {
		s.Availability.Interval = stat.ClopperPearson(ended, ended)
	}
	s.ErrorBudget = t.budget()
	return s
}

func (t *serviceTotals) budget() result.Budget {
	objective := budgetObjective
	if t.objective != nil && t.objective.Share > 0 {
		objective = t.objective.Share
	}
	ended := float64(t.ok + t.failed)
	errors := math.Round((1-objective)*1e9) / 1e9
	b := result.Budget{Objective: objective, Allowed: errors * ended, Spent: stat.Missing}
	if b.Allowed > 0 {
		b.Spent = stat.Value(float64(t.failed+t.late) / b.Allowed)
	}
	return b
}

// spread turns a histogram of nanoseconds into seconds.
func spread(h *record.Histogram) result.Spread {
	s := result.Spread{Count: int64(h.Count()), Mean: stat.Missing, P50: stat.Missing, P95: stat.Missing, P99: stat.Missing, Max: stat.Missing}
	if h.Count() > 0 {
		quantile := func(q float64) stat.Value { return stat.Value(h.Quantile(q) / 1e9) }
		s.Mean, s.Max = stat.Value(h.Mean()/1e9), stat.Value(float64(h.Max())/1e9)
		s.P50, s.P95, s.P99 = quantile(0.50), quantile(0.95), quantile(0.99)
	}
	return s
}

func (f *Facts) workload(key string) result.Workload {
	t := f.totals.workloads[key]
	w := result.Workload{
		Replicas:         t.declared.Replicas,
		Strategy:         t.declared.Strategy,
		Readiness:        t.declared.Readiness,
		Containers:       result.NotNil(t.declared.Containers),
		ReadyMin:         stat.Summarize(f.values[result.MetricKey("workload.ready.min", key)]),
		Restarts:         t.restarts,
		ScheduledToReady: spread(&t.bindToReady),
		Rollouts:         []result.Rollout{},
		CPU:              t.cpuResult(),
		Models:           t.modelResult(),
		Refused:          t.refusedResult(),
		Job:              f.jobResult(key, t),
		CronJob:          f.cronJobResult(key, t),
	}
	for _, ro := range t.rollouts {
		shown := ro.slowest.Rollout
		shown.Replications, shown.Completed = ro.runs, ro.completed
		shown.ReadyMin, shown.PodsMax, shown.PodsMaxAll = ro.readyMin, ro.podsMax, ro.podsAll
		shown.Duration = stat.Summarize(ro.durations).Clip(0, f.run.Duration.Seconds())
		w.Rollouts = append(w.Rollouts, shown)
	}
	return w
}
