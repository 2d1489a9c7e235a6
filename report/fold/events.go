package fold

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
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
	late    int64
	byCause [record.CauseCount]int64
	lost    int64 // states of sessions
	turns   int64 // of sessions, failed
	runs    int
}

func (c *cost) add(o *cost) {
	c.failed += o.failed
	c.late += o.late
	c.lost += o.lost
	c.turns += o.turns
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

// usual is what fails, comes late and is lost of the requests that end at
// times that no step has to answer for.
type usual struct{ ended, bad, lost int64 }

// exceeded reports whether a window is worse than that: by more than three
// standard deviations of a Poisson number.
func (u usual) exceeded(w usual) bool {
	above := func(n, base int64) bool {
		if n == 0 || u.ended == 0 {
			return n > 0
		}
		mean := float64(base) / float64(u.ended) * float64(w.ended)
		return float64(n) > mean+3*math.Sqrt(mean)
	}
	return above(w.bad, u.bad) || above(w.lost, u.lost)
}

func (u *usual) add(w usual) {
	u.ended += w.ended
	u.bad += w.bad
	u.lost += w.lost
}

// attribute books what a window cost with the step it comes from. What always
// fails, such as calls to a tool that errs now and then, comes from none.
func (r *replication) attribute(s *service, rec record.Requests, failed int64, byCause [record.CauseCount]int64) {
	c := cost{failed: failed, late: rec.Late, byCause: byCause}
	if rec.Sessions != nil {
		c.turns = rec.Sessions.TurnsFailed
		for _, n := range rec.Sessions.Lost {
			c.lost += n
		}
	}
	window := usual{rec.OK + failed, failed + rec.Late, c.lost}
	event := noEvent
	if s.usual.exceeded(window) {
		event = r.eventOf(s, rec)
		s.trouble = trouble{true, rec.T, event}
	}
	if event == noEvent && !s.startsUnready(rec.From) {
		s.usual.add(window)
	}
	if window.bad+window.lost > 0 {
		entry(s.costs, event).add(&c)
	}
}

// eventOf is the index of the step that the failures of a window come from.
func (r *replication) eventOf(s *service, rec record.Requests) int {
	latest := r.latestStep(s, rec.T)
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

// latestStep is the index of the last step up to a time. Steps that concern nothing but
// other workloads are passed over for one within reach that changed a workload of the
// Service.
func (r *replication) latestStep(s *service, until sim.Time) int {
	latest := noEvent
	for i, step := range r.steps {
		if step.T <= until {
			latest = i
		}
	}
	if latest == noEvent || !r.elsewhere(s, r.steps[latest]) {
		return latest
	}
	for i := latest - 1; i >= 0 && until-r.steps[i].T <= eventReach; i-- {
		if r.changed(s, r.steps[i]) {
			return i
		}
	}
	return latest
}

// changed reports whether a step is about a workload of the Service.
func (r *replication) changed(s *service, step record.Step) bool {
	return slices.ContainsFunc(s.workloads, func(key string) bool {
		return slices.Contains(step.Objects, record.ParseKey(key).Object())
	})
}

// elsewhere reports whether a step is about other workloads only.
func (r *replication) elsewhere(s *service, step record.Step) bool {
	for _, object := range step.Objects {
		kind, name, _ := strings.Cut(object, " ")
		namespace, name, _ := strings.Cut(name, "/")
		key := record.Key{Namespace: namespace, Kind: kind, Name: name}.String()
		if r.workloads[key] == nil || slices.Contains(s.workloads, key) {
			return false
		}
	}
	return len(step.Objects) > 0
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
func (t *ServiceTotals) foldCosts(r *replication, s *service) {
	for event, c := range s.costs {
		of := entry(t.costs, r.eventKey(event))
		of.add(c)
		of.runs++
	}
}

// eventCosts lists them by time, what comes from no step last.
func (t *ServiceTotals) eventCosts() []result.EventCost {
	list := []result.EventCost{}
	for key, c := range t.costs {
		e := result.EventCost{At: key.at, Event: key.text, Failed: c.failed, Late: c.late, SessionsLost: c.lost,
			TurnsFailed: c.turns, Replications: c.runs, FailedByCause: map[record.Cause]int64{}}
		for i, n := range c.byCause {
			if n > 0 {
				e.FailedByCause[record.Causes[i]] = n
			}
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b result.EventCost) int {
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
