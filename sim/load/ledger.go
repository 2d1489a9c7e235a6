package load

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ledger books what became of the requests of one Service and writes a record
// a window, so that its memory does not grow with their number.
type ledger struct {
	service     string
	replication int
	length      sim.Time
	sink        func(record.Record)

	window   record.Requests
	failed   [record.CauseCount]int64
	inFlight int64

	outage  record.Outage // the run of failures now going on
	outages [record.CauseCount]int64
	run     int64

	arrived, ended int64
	latency        observed
}

// causes are all causes, so that they can be counted by their index.
var causes = record.Causes

func causeIndex(c record.Cause) int {
	for i, known := range causes {
		if known == c {
			return i
		}
	}
	panic(fmt.Sprintf("load: unknown cause %q", c))
}

func newLedger(service string, replication int, length sim.Time, sink func(record.Record)) *ledger {
	return &ledger{service: service, replication: replication, length: length, sink: sink}
}

// roll closes windows that ended before now.
func (l *ledger) roll(now sim.Time) {
	if now <= l.window.From+l.length {
		return
	}
	l.flush(l.window.From + l.length)
	l.window.From = (now - 1) / l.length * l.length
	l.window.InFlight = l.inFlight
}

// flush writes the open window, which ends at t, and empties it.
func (l *ledger) flush(t sim.Time) {
	w := l.window
	empty := w.Arrived == 0 && w.OK == 0 && w.Retries == 0 && w.Sessions == nil && w.FirstToken == nil
	for i, n := range l.failed {
		if n == 0 {
			continue
		}
		if w.Failed == nil {
			w.Failed = map[record.Cause]int64{}
		}
		w.Failed[causes[i]], empty = n, false
	}
	l.window, l.failed = record.Requests{}, [record.CauseCount]int64{}
	if empty {
		return
	}
	w.At, w.Service = record.At{Replication: l.replication, T: t}, l.service
	l.sink(w)
}

func (l *ledger) arrive(now sim.Time) {
	l.roll(now)
	l.arrived++
	l.window.Arrived++
	l.inFlight++
	l.window.InFlight = max(l.window.InFlight, l.inFlight)
}

func (l *ledger) end() {
	l.ended++
	l.inFlight--
	if sim.Invariants && (l.inFlight < 0 || l.arrived != l.ended+l.inFlight) {
		panic(fmt.Sprintf("load: %s: %d requests arrived, %d ended, %d in flight", l.service, l.arrived, l.ended, l.inFlight))
	}
}

// succeed books an answer, which is late when it took longer than late.
func (l *ledger) succeed(now, took sim.Time, late time.Duration) {
	l.roll(now)
	l.end()
	l.window.OK++
	if late > 0 && took > sim.Time(late) {
		l.window.Late++
	}
	l.window.Latency.Add(int64(took))
	l.latency.add(took)
	if l.run > 0 {
		l.endOutage(now)
	}
}

func (l *ledger) fail(now sim.Time, cause record.Cause) {
	l.roll(now)
	l.end()
	i := causeIndex(cause)
	l.failed[i]++
	if l.run == 0 {
		l.outage.From = now
	}
	l.run++
	l.outages[i]++
}

// generated is a model's answer that somebody waited for: the time to its first
// token, and what the others took.
func (l *ledger) generated(now, first, rest sim.Time, others int32) {
	l.roll(now)
	if l.window.FirstToken == nil {
		l.window.FirstToken, l.window.PerToken = &record.Histogram{}, &record.Histogram{}
	}
	l.window.FirstToken.Add(int64(first))
	if others > 0 {
		l.window.PerToken.Add(int64(rest) / int64(others))
	}
}

// retry is one more attempt of a request.
func (l *ledger) retry(now sim.Time) {
	l.roll(now)
	l.window.Retries++
}

func (l *ledger) sessions(now sim.Time) *record.Sessions {
	l.roll(now)
	if l.window.Sessions == nil {
		l.window.Sessions = &record.Sessions{}
	}
	return l.window.Sessions
}

func (l *ledger) session(now sim.Time) { l.sessions(now).Started++ }

// turn is the end of a session's request.
func (l *ledger) turn(now sim.Time, failed bool) {
	w := l.sessions(now)
	w.Turns++
	if failed {
		w.TurnsFailed++
	}
}

func (l *ledger) sessionEnded(now sim.Time) { l.sessions(now).Ended++ }

func (l *ledger) sessionLost(now sim.Time, cause record.SessionCause) {
	w := l.sessions(now)
	if w.Lost == nil {
		w.Lost = map[record.SessionCause]int64{}
	}
	w.Lost[cause]++
}

// endOutage writes a run of failures, unless it was a single one.
func (l *ledger) endOutage(now sim.Time) {
	if l.run > 1 {
		o := l.outage
		o.At, o.Service, o.Failed = record.At{Replication: l.replication, T: now}, l.service, map[record.Cause]int64{}
		for i, n := range l.outages {
			if n > 0 {
				o.Failed[causes[i]] = n
			}
		}
		l.sink(o)
	}
	l.run, l.outages = 0, [record.CauseCount]int64{}
}

func (l *ledger) endpoints(now sim.Time, from, to int) {
	l.sink(record.Endpoints{At: record.At{Replication: l.replication, T: now}, Service: l.service, From: from, To: to})
}

func (l *ledger) close(now sim.Time) {
	l.roll(now)
	l.endOutage(now)
	l.flush(now)
	if l.inFlight > 0 {
		l.sink(record.InFlightAtEnd{At: record.At{Replication: l.replication, T: now}, Service: l.service, Count: l.inFlight})
	}
}
