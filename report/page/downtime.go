package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// eventLines say what each step of the timeline cost a Service; nothing when
// there was no step.
func eventLines(r *result.Result, s result.Service) []string {
	if len(s.Events) == 0 || s.Events[0].Event == "" {
		return nil
	}
	lines := []string{}
	for _, e := range s.Events {
		what := "at other times"
		if e.Event != "" {
			what = fmt.Sprintf("after %s at %s", e.Event, words.Clock(e.At))
		}
		var costs []string
		if e.Failed > 0 {
			costs = append(costs, fmt.Sprintf("%s failed", words.Requests(e.Failed)))
		}
		if e.Late > 0 {
			costs = append(costs, fmt.Sprintf("%s late", words.CountOf(int(e.Late), "answer")))
		}
		if e.TurnsFailed > 0 {
			costs = append(costs, fmt.Sprintf("%s of sessions lost", words.CountOf(int(e.TurnsFailed), "turn")))
		}
		if e.SessionsLost > 0 {
			costs = append(costs, fmt.Sprintf("%s lost their state", words.CountOf(int(e.SessionsLost), "session")))
		}
		if r.Replications > 1 {
			costs = append(costs, fmt.Sprintf("in %d of %d replications", e.Replications, r.Replications))
		}
		lines = append(lines, what+": "+strings.Join(costs, ", "))
	}
	return lines
}

func downtimeSection(r *result.Result, verbose bool) section {
	s := section{title: "DOWNTIME", answer: "no Service takes requests"}
	if len(r.Services) > 0 {
		s.answer = "no request came to an end"
	}
	if r.Downtime.Requests > 0 {
		s.answer = "no request failed of " + words.Count(r.Downtime.Requests)
	}
	if r.Downtime.Failed > 0 {
		s.bad = true
		s.answer = fmt.Sprintf("%s of %s requests failed", words.Count(r.Downtime.Failed), words.Count(r.Downtime.Requests))
	}
	if n := r.Downtime.Late; n > 0 {
		s.answer += fmt.Sprintf("; %s late", words.CountOf(int(n), "answer"))
	}
	if n := r.Downtime.UnfinishedRollouts; n > 0 {
		s.bad = true
		s.answer += "; " + words.CountOf(n, "rollout") + " did not complete"
	}
	doubt(r, &s, func(f result.Finding) bool { return isDowntime(f.Rule) })
	if len(r.Services) > 0 {
		s.parts = append(s.parts, part{table: serviceTable(r.Services)})
		if tokens := tokenTable(r); len(tokens.rows) > 0 {
			s.parts = append(s.parts, part{table: tokens})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Services)) {
		if lines := failureLines(r, r.Services[key]); len(lines) > 0 {
			s.parts = append(s.parts, part{title: key, list: lines})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		w := r.Workloads[key]
		for i, ro := range w.Rollouts {
			var before []string
			if i > 0 {
				before = w.Rollouts[i-1].Images
			}
			if !ro.Initial || verbose || ro.Completed < ro.Replications {
				s.parts = append(s.parts, part{title: rolloutTitle(key, ro), list: rolloutLines(ro, before)})
			}
		}
	}
	return s
}

func serviceTable(services map[string]result.Service) table {
	t := table{head: []string{"SERVICE", "AVAILABILITY", "FAILED", "OF", "P50", "P95", "P99", "MAX", "ENDPOINTS"}}
	for _, key := range slices.Sorted(maps.Keys(services)) {
		s := services[key]
		t.rows = append(t.rows, []string{
			key, availabilityText(s), words.Count(s.Failed), words.Count(s.OK + s.Failed),
			words.Unit(s.Latency.P50, "seconds"), words.Unit(s.Latency.P95, "seconds"),
			words.Unit(s.Latency.P99, "seconds"), words.Unit(s.Latency.Max, "seconds"),
			endpointsText(s),
		})
	}
	return t
}

func endpointsText(s result.Service) string {
	if s.External {
		return "-"
	}
	return ">= " + words.Unit(s.EndpointsMin.Min, "count")
}

func availabilityText(s result.Service) string {
	a := s.Availability
	switch {
	case !a.Mean.Known():
		return "-"
	case s.Failed == 0:
		return "100 %"
	}
	return words.Unit(a.Mean, "ratio") + intervalText(a.Interval, "ratio")
}

// failureLines say why requests failed, when it was worst, and what that
// leaves of the error budget.
func failureLines(r *result.Result, s result.Service) []string {
	var lines []string
	if s.Retries > 0 {
		lines = append(lines, fmt.Sprintf("retries: %s, %s a request", words.Count(s.Retries),
			words.Digits(float64(s.Retries)/float64(s.Arrived), 2)))
	}
	if n := s.Sessions; n != nil && n.Lost > 0 {
		var causes []string
		for _, cause := range record.SessionCauses {
			if n := n.LostByCause[cause]; n > 0 {
				causes = append(causes, words.Count(n)+" "+string(cause))
			}
		}
		lines = append(lines, fmt.Sprintf("state of sessions lost: %s in %s (%s)", words.Times(n.Lost),
			words.CountOf(int(n.Started), "session"), strings.Join(causes, ", ")))
	}
	if n := s.Sessions; n != nil && n.TurnsFailed > 0 {
		lines = append(lines, fmt.Sprintf("turns of sessions that failed: %s of %s", words.Count(n.TurnsFailed),
			words.Count(n.Turns)))
	}
	if o := s.Objective; o != nil && s.Late > 0 {
		lines = append(lines, fmt.Sprintf("late: %s of %s took longer than %s", words.Count(s.Late),
			words.CountOf(int(s.OK), "answer"), words.Time(o.Latency)))
	}
	if s.Failed > 0 {
		var causes []string
		for _, cause := range record.Causes {
			if n := s.FailedByCause[cause]; n > 0 {
				causes = append(causes, words.Count(n)+" "+string(cause))
			}
		}
		lines = append(lines, "failed: "+strings.Join(causes, ", "))
	}
	lines = append(lines, eventLines(r, s)...)
	if (s.Failed+s.Late == 0 && s.Objective == nil) || s.External || !s.ErrorBudget.Spent.Known() {
		return lines
	}
	if o := s.Outages.Longest; o != nil {
		line := fmt.Sprintf("longest outage: %s at %s (%s)", words.Time(o.Seconds), words.Clock(o.From), o.Cause)
		if r.Replications > 1 {
			line = fmt.Sprintf("longest outage: %s at %s in replication %d (%s); in all %s a run",
				words.Time(o.Seconds), words.Clock(o.From), o.Replication, o.Cause, words.Unit(s.Outages.Seconds.Mean, "seconds"))
		}
		lines = append(lines, line)
	}
	return append(lines, fmt.Sprintf("error budget for %s: %s spent", words.Percent(s.ErrorBudget.Objective),
		words.Unit(s.ErrorBudget.Spent, "ratio")))
}

func rolloutTitle(key string, ro result.Rollout) string {
	switch {
	case ro.Replications == 1:
		return key
	case ro.Completed == ro.Replications:
		return fmt.Sprintf("%s (slowest of %d: replication %d)", key, ro.Replications, ro.Replication)
	}
	return fmt.Sprintf("%s (complete in %d of %d; shown: replication %d)", key, ro.Completed, ro.Replications,
		ro.Replication)
}

// rolloutLines tell a rollout with its times.
func rolloutLines(ro result.Rollout, before []string) []string {
	var lines []string
	at := func(t sim.Time, text string) { lines = append(lines, fmt.Sprintf("%-9s %s", words.Clock(t), text)) }
	at(ro.Started, words.Rollout(ro.Initial, ro.Images, before)+" started")
	stalled := ro.Stalled != nil
	if stalled && ro.FirstReady != nil && *ro.Stalled < *ro.FirstReady {
		at(*ro.Stalled, "stalled: "+ro.Message)
		stalled = false
	}
	if ro.FirstReady != nil {
		at(*ro.FirstReady, "first new pod ready")
	}
	counts := fmt.Sprintf("ready pods never below %d; %s at most", ro.ReadyMin, words.CountOf(ro.PodsMax, "pod"))
	if ro.PodsMaxAll > ro.PodsMax {
		counts += fmt.Sprintf(", %d with those that terminate", ro.PodsMaxAll)
	}
	if ro.Initial {
		counts = words.CountOf(ro.PodsMax, "pod") + " at most"
	}
	if stalled {
		at(*ro.Stalled, "stalled: "+ro.Message)
	}
	if ro.Paused != nil {
		at(*ro.Paused, "paused, and not resumed")
	}
	if ro.Complete != nil {
		return append(lines, fmt.Sprintf("%-9s complete after %s; %s", words.Clock(*ro.Complete),
			words.Time(*ro.Complete-ro.Started), counts))
	}
	return append(lines, fmt.Sprintf("%-9s %s", "never", "complete; "+counts))
}
