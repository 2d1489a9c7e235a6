package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// How long trouble is taken to come from a step of the timeline: when it
// begins within eventReach of it, or while a rollout or terminations at the
// Service's workloads go on; and on from there until requests fail no more for
// eventCalm.
const (
	eventReach = sim.Time(120e9)
	eventCalm  = sim.Time(60e9)
)

// noEvent is the index of trouble that comes from no step.
const noEvent = -1

// cost is what a step cost a Service.
type cost struct {
	failed  int64
	byCause [record.CauseCount]int64
	lost    int64 // states of sessions
	runs    int
}

func (c *cost) add(o *cost) {
	c.failed += o.failed
	c.lost += o.lost
	for i, n := range o.byCause {
		c.byCause[i] += n
	}
}

// trouble is the episode of failures that a Service is in.
type trouble struct {
	known bool
	last  sim.Time
	event int
}

// attribute books the failures of a window with the step they come from.
func (r *replication) attribute(s *service, rec record.Requests, failed int64, byCause [record.CauseCount]int64) {
	var lost int64
	if rec.Sessions != nil {
		for _, n := range rec.Sessions.Lost {
			lost += n
		}
	}
	if failed+lost == 0 {
		return
	}
	event := r.eventOf(s, rec)
	s.trouble = trouble{true, rec.T, event}
	entry(s.costs, event).add(&cost{failed: failed, byCause: byCause, lost: lost})
}

// eventOf is the index of the step that the failures of a window come from.
func (r *replication) eventOf(s *service, rec record.Requests) int {
	latest := noEvent
	for i, step := range r.steps {
		if step.T <= rec.T {
			latest = i
		}
	}
	near := latest != noEvent && rec.From-r.steps[latest].T <= eventReach
	switch t := s.trouble; {
	case near && (!t.known || r.steps[latest].T > t.last-(rec.T-rec.From)):
		return latest
	case t.known && rec.From-t.last <= eventCalm:
		return t.event
	case near, latest != noEvent && r.unsettled(s, rec):
		return latest
	}
	return noEvent
}

// unsettled reports whether a rollout or terminations go on behind a Service.
func (r *replication) unsettled(s *service, rec record.Requests) bool {
	for _, key := range s.workloads {
		w := r.workload(key)
		if len(w.open()) > 0 || w.terminating.overlaps(rec.From, rec.T) {
			return true
		}
	}
	return false
}

// eventKey is a step, the same in all replications.
type eventKey struct {
	at   sim.Time
	text string // empty for none
}

func (r *replication) eventKey(event int) eventKey {
	if event == noEvent {
		return eventKey{}
	}
	return eventKey{r.steps[event].T, r.steps[event].Text}
}

// foldCosts adds what the steps of a replication cost a Service.
func (t *serviceTotals) foldCosts(r *replication, s *service) {
	for event, c := range s.costs {
		of := entry(t.costs, r.eventKey(event))
		of.add(c)
		of.runs++
	}
}

// eventCosts lists them by time, what comes from no step last.
func (t *serviceTotals) eventCosts() []EventCost {
	list := []EventCost{}
	for key, c := range t.costs {
		e := EventCost{At: key.at, Event: key.text, Failed: c.failed, SessionsLost: c.lost, Replications: c.runs, FailedByCause: map[record.Cause]int64{}}
		for i, n := range c.byCause {
			if n > 0 {
				e.FailedByCause[record.Causes[i]] = n
			}
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b EventCost) int {
		return cmp.Or(compareEmpty(a.Event, b.Event), cmp.Compare(a.At, b.At), cmp.Compare(a.Event, b.Event))
	})
	return list
}

func compareEmpty(a, b string) int {
	switch {
	case (a == "") == (b == ""):
		return 0
	case a == "":
		return 1
	}
	return -1
}

// eventLines say what each step of the timeline cost a Service; nothing when
// there was no step.
func eventLines(r *Result, s Service) []string {
	if len(s.Events) == 0 || s.Events[0].Event == "" {
		return nil
	}
	lines := []string{}
	for _, e := range s.Events {
		what := "at other times"
		if e.Event != "" {
			what = fmt.Sprintf("after %s at %s", e.Event, clockText(e.At))
		}
		var costs []string
		if e.Failed > 0 {
			costs = append(costs, fmt.Sprintf("%s failed", requestsText(e.Failed)))
		}
		if e.SessionsLost > 0 {
			costs = append(costs, fmt.Sprintf("%s lost their state", countOf(int(e.SessionsLost), "session")))
		}
		if r.Replications > 1 {
			costs = append(costs, fmt.Sprintf("in %d of %d replications", e.Replications, r.Replications))
		}
		lines = append(lines, what+": "+strings.Join(costs, ", "))
	}
	return lines
}
