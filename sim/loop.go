package sim

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Event is something that happens at an instant.
type Event interface {
	Fire(now Time)
}

// Func is a function as an Event.
type Func func(now Time)

// Fire calls f.
func (f Func) Fire(now Time) { f(now) }

const (
	// checkEvery is how many events pass between looks at the context. The
	// slowest, a scheduling cycle on thousands of nodes, takes milliseconds.
	checkEvery = 1 << 6
	// livelockAfter is how many events may fire without time moving on. The
	// largest bursts that mean something are orders of magnitude smaller.
	livelockAfter = 1 << 22
	// livelockTrace is how many of them are kept for the error.
	livelockTrace = 8
)

// Loop fires events in the order of time, phase and scheduling.
type Loop struct {
	queue queue
	now   Time
	seq   uint64
	fired uint64

	since  uint64 // events fired before the current instant
	recent []string
}

// NewLoop returns a loop at time 0 with nothing scheduled.
func NewLoop() *Loop { return &Loop{} }

// Now is the current instant.
func (l *Loop) Now() Time { return l.now }

// Fired is the number of events fired so far.
func (l *Loop) Fired() uint64 { return l.fired }

// Pending is the number of events scheduled.
func (l *Loop) Pending() int { return len(l.queue.heap) }

// At schedules e for an instant. It panics when that is in the past, which is
// a bug of the caller.
func (l *Loop) At(t Time, p Phase, e Event) { l.queue.push(l.entry(t, p, e, 0)) }

// After schedules e for d from now.
func (l *Loop) After(d time.Duration, p Phase, e Event) { l.At(l.now.Add(d), p, e) }

func (l *Loop) entry(t Time, p Phase, e Event, bit uint64) entry {
	if t < l.now {
		panic(fmt.Sprintf("sim: event of phase %s scheduled for %s, which is before now, %s", p, t, l.now))
	}
	l.seq++
	return entry{at: t, key: uint64(p)<<phaseShift | l.seq<<1 | bit, ev: e}
}

// RunUntil fires every event at or before end, then moves the clock to end.
// It returns early with an error that wraps ctx.Err() when ctx is done, and
// with a *LivelockError when time stands still for millions of events.
func (l *Loop) RunUntil(ctx context.Context, end Time) error {
	for n := 1; len(l.queue.heap) > 0 && l.queue.heap[0].at <= end; n++ {
		if n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("stopped at %s: %w", l.now, err)
			}
		}
		e := l.queue.pop()
		if Invariants {
			l.check(&e)
		}
		if e.at > l.now {
			l.now, l.since = e.at, l.fired
		} else if l.fired-l.since > livelockAfter-livelockTrace {
			if err := l.trace(&e); err != nil {
				return err
			}
		}
		l.fired++
		e.ev.Fire(e.at)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped at %s: %w", l.now, err)
	}
	l.now, l.since = max(l.now, end), l.fired
	return nil
}

// trace notes the last events before the livelock limit.
func (l *Loop) trace(e *entry) error {
	count := l.fired - l.since
	if count == livelockAfter-livelockTrace+1 {
		l.recent = l.recent[:0]
	}
	l.recent = append(l.recent, fmt.Sprintf("%s %T", Phase(e.key>>phaseShift), e.ev))
	if count < livelockAfter {
		return nil
	}
	return &LivelockError{At: l.now, Events: count, Recent: l.recent}
}

// LivelockError says that events kept scheduling each other for the same
// instant.
type LivelockError struct {
	At     Time
	Events uint64
	// Recent describes the last events, oldest first.
	Recent []string
}

func (e *LivelockError) Error() string {
	return fmt.Sprintf("no progress after %s: %d events at one instant, the last ones: %s", e.At, e.Events,
		strings.Join(e.Recent, ", "))
}

// check holds the invariants of the queue: the clock never goes back, and no
// child of the root is due before what was popped.
func (l *Loop) check(popped *entry) {
	if popped.at < l.now {
		panic(fmt.Sprintf("sim: the clock would go back from %s to %s", l.now, popped.at))
	}
	if len(l.queue.heap) > 0 && l.queue.heap[0].before(popped) {
		panic(fmt.Sprintf("sim: an event at %s was passed over at %s", l.queue.heap[0].at, popped.at))
	}
}
