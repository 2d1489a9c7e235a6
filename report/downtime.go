package report

import (
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// budgetObjective is what error budgets are reckoned for when nobody says it.
const budgetObjective = 0.999

func (f *Facts) downtime(r *Result) {
	r.Services, r.Workloads = map[string]Service{}, map[string]Workload{}
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

func (f *Facts) service(key string) Service {
	t := f.totals.services[key]
	s := Service{
		Workloads:     notNil(t.workloads),
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
		Availability:  summarize(f.values[metricKey("service.availability", key)]).clip(0, 1),
		Latency:       spread(&t.latency),
		FirstToken:    spread(&t.firstToken),
		PerToken:      spread(&t.perToken),
		Outages:       Outages{t.outages, summarize(t.outageSeconds).clip(0, f.run.Duration.Seconds()), t.longest},
		EndpointsMin:  summarize(f.values[metricKey("service.endpoints.min", key)]),
	}
	for i, cause := range record.Causes {
		s.FailedByCause[cause] = t.byCause[i]
	}
	ended := t.ok + t.failed
	if t.failed == 0 && ended > 0 {
		s.Availability.Interval = ClopperPearson(ended, ended)
	}
	s.ErrorBudget = t.budget()
	return s
}

func (t *serviceTotals) budget() Budget {
	objective := budgetObjective
	if t.objective != nil && t.objective.Share > 0 {
		objective = t.objective.Share
	}
	ended := float64(t.ok + t.failed)
	errors := math.Round((1-objective)*1e9) / 1e9
	b := Budget{Objective: objective, Allowed: errors * ended, Spent: Missing}
	if b.Allowed > 0 {
		b.Spent = Value(float64(t.failed+t.late) / b.Allowed)
	}
	return b
}

// clip narrows the interval to the values that are possible.
func (s Summary) clip(low, high float64) Summary {
	s.Interval = s.Interval.clip(low, high)
	return s
}

// spread turns a histogram of nanoseconds into seconds.
func spread(h *record.Histogram) Spread {
	s := Spread{int64(h.Count()), Missing, Missing, Missing, Missing, Missing}
	if h.Count() > 0 {
		quantile := func(q float64) Value { return Value(h.Quantile(q) / 1e9) }
		s.Mean, s.Max = Value(h.Mean()/1e9), Value(float64(h.Max())/1e9)
		s.P50, s.P95, s.P99 = quantile(0.50), quantile(0.95), quantile(0.99)
	}
	return s
}

func (f *Facts) workload(key string) Workload {
	t := f.totals.workloads[key]
	w := Workload{
		Replicas:         t.declared.Replicas,
		Strategy:         t.declared.Strategy,
		Readiness:        t.declared.Readiness,
		Containers:       notNil(t.declared.Containers),
		ReadyMin:         summarize(f.values[metricKey("workload.ready.min", key)]),
		Restarts:         t.restarts,
		ScheduledToReady: spread(&t.bindToReady),
		Rollouts:         []Rollout{},
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
		shown.Duration = summarize(ro.durations).clip(0, f.run.Duration.Seconds())
		w.Rollouts = append(w.Rollouts, shown)
	}
	return w
}
