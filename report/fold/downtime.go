package fold

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
	r.Downtime.UnfinishedRollouts = f.Totals.unfinished
	for _, key := range slices.Sorted(maps.Keys(f.Totals.Services)) {
		s := f.service(key)
		r.Services[key] = s
		if f.Totals.entries && !f.Totals.Services[key].entry {
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
	for key := range f.Totals.Workloads {
		r.Workloads[key] = f.workload(key)
	}
}

func (f *Facts) service(key string) result.Service {
	t := f.Totals.Services[key]
	s := result.Service{
		Workloads:     result.NotNil(t.Workloads),
		Entry:         t.entry,
		External:      t.External,
		Arrived:       t.Arrived,
		OK:            t.Ok,
		Failed:        t.Failed,
		Late:          t.late,
		Objective:     t.objective,
		FailedByCause: map[record.Cause]int64{},
		InFlightAtEnd: t.inFlightAtEnd,
		InFlightMax:   t.inFlightMax,
		Retries:       t.Retries,
		Events:        t.eventCosts(),
		Sessions:      t.Sessions.result(),
		Availability:  stat.Summarize(f.values[result.MetricKey("service.availability", key)]).Clip(0, 1),
		Latency:       spread(&t.latency),
		FirstToken:    spread(&t.firstToken),
		PerToken:      spread(&t.perToken),
		Outages: result.Outages{Count: t.outages, Seconds: stat.Summarize(t.outageSeconds).Clip(0,
			f.Run.Duration.Seconds()), Longest: t.longest},
		EndpointsMin: stat.Summarize(f.values[result.MetricKey("service.endpoints.min", key)]),
	}
	for i, cause := range record.Causes {
		s.FailedByCause[cause] = t.ByCause[i]
	}
	ended := t.Ok + t.Failed
	if t.Failed == 0 && ended > 0 {
		s.Availability.Interval = stat.ClopperPearson(ended, ended)
	}
	s.ErrorBudget = t.budget()
	return s
}

func (t *ServiceTotals) budget() result.Budget {
	objective := budgetObjective
	if t.objective != nil && t.objective.Share > 0 {
		objective = t.objective.Share
	}
	ended := float64(t.Ok + t.Failed)
	errors := math.Round((1-objective)*1e9) / 1e9
	b := result.Budget{Objective: objective, Allowed: errors * ended, Spent: stat.Missing}
	if b.Allowed > 0 {
		b.Spent = stat.Value(float64(t.Failed+t.late) / b.Allowed)
	}
	return b
}

// spread turns a histogram of nanoseconds into seconds.
func spread(h *record.Histogram) result.Spread {
	s := result.Spread{Count: int64(h.Count()), Mean: stat.Missing, P50: stat.Missing, P95: stat.Missing,
		P99: stat.Missing, Max: stat.Missing}
	if h.Count() > 0 {
		quantile := func(q float64) stat.Value { return stat.Value(h.Quantile(q) / 1e9) }
		s.Mean, s.Max = stat.Value(h.Mean()/1e9), stat.Value(float64(h.Max())/1e9)
		s.P50, s.P95, s.P99 = quantile(0.50), quantile(0.95), quantile(0.99)
	}
	return s
}

func (f *Facts) workload(key string) result.Workload {
	t := f.Totals.Workloads[key]
	w := result.Workload{
		Replicas:         t.Declared.Replicas,
		Strategy:         t.Declared.Strategy,
		Readiness:        t.Declared.Readiness,
		Containers:       result.NotNil(t.Declared.Containers),
		ReadyMin:         stat.Summarize(f.values[result.MetricKey("workload.ready.min", key)]),
		Restarts:         t.restarts,
		ScheduledToReady: spread(&t.bindToReady),
		Rollouts:         []result.Rollout{},
		CPU:              t.CPUResult(),
		Models:           t.ModelResult(),
		Refused:          t.refusedResult(),
		Job:              f.jobResult(key, t),
		CronJob:          f.cronJobResult(key, t),
	}
	for _, ro := range t.Rollouts {
		shown := ro.Slowest.Rollout
		shown.Replications, shown.Completed = ro.Runs, ro.Completed
		shown.ReadyMin, shown.PodsMax, shown.PodsMaxAll = ro.readyMin, ro.podsMax, ro.podsAll
		shown.Duration = stat.Summarize(ro.durations).Clip(0, f.Run.Duration.Seconds())
		w.Rollouts = append(w.Rollouts, shown)
	}
	return w
}
