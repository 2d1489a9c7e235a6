package sim

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoopOrder(t *testing.T) {
	type scheduled struct {
		at    Time
		phase Phase
		name  string
	}
	for _, c := range []struct {
		rule string
		in   []scheduled
		want []string
	}{
		{"time comes first", []scheduled{{3, 0, "c"}, {1, 6, "a"}, {2, 3, "b"}}, []string{"a", "b", "c"}},
		{"then the phase", []scheduled{
			{5, PhaseObserve, "observe"}, {5, PhaseRequest, "request"}, {5, PhaseNetwork, "network"},
			{5, PhaseSchedule, "schedule"},
			{5, PhaseControl, "control"}, {5, PhaseMachine, "machine"}, {5, PhaseTimeline, "timeline"},
		}, []string{"timeline", "machine", "control", "schedule", "network", "request", "observe"}},
		{"then who was scheduled first", []scheduled{{1, 2, "a"}, {1, 2, "b"}, {1, 2, "c"}, {1, 2, "d"}, {1, 2, "e"},
			{1, 2, "f"}}, []string{"a", "b", "c", "d", "e", "f"}},
		{"all three", []scheduled{{2, 1, "d"}, {1, 2, "b"}, {2, 1, "e"}, {1, 2, "c"}, {1, 1, "a"}, {2, 2, "f"}},
			[]string{"a", "b", "c", "d", "e", "f"}},
		{"the latest instant can be reached", []scheduled{{Never, 0, "b"}, {Never - 1, 6, "a"}}, []string{"a", "b"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			l := NewLoop()
			var got []string
			for _, e := range c.in {
				l.At(e.at, e.phase, Func(func(now Time) {
					assert.Equal(t, e.at, now)
					assert.Equal(t, now, l.Now())
					got = append(got, e.name)
				}))
			}
			require.NoError(t, l.RunUntil(t.Context(), Never))
			assert.Equal(t, c.want, got)
			assert.Equal(t, uint64(len(c.in)), l.Fired())
			assert.Zero(t, l.Pending())
		})
	}
}

// An event of a lower phase, scheduled while a higher one of the same instant
// fires, still comes in that instant, next.
func TestLoopLowerPhaseScheduledLate(t *testing.T) {
	l := NewLoop()
	var got []Phase
	note := func(p Phase) Func { return func(Time) { got = append(got, p) } }
	l.At(1, PhaseRequest, Func(func(now Time) {
		got = append(got, PhaseRequest)
		l.At(now, PhaseMachine, note(PhaseMachine))
	}))
	l.At(1, PhaseObserve, note(PhaseObserve))
	require.NoError(t, l.RunUntil(t.Context(), 1))
	assert.Equal(t, []Phase{PhaseRequest, PhaseMachine, PhaseObserve}, got)
}

func TestRunUntilFiresAtTheEndAndStopsThere(t *testing.T) {
	l := NewLoop()
	var got []Time
	for _, at := range []Time{9, 10, 11} {
		l.At(at, PhaseRequest, Func(func(now Time) { got = append(got, now) }))
	}
	require.NoError(t, l.RunUntil(t.Context(), 10))
	assert.Equal(t, []Time{9, 10}, got)
	assert.Equal(t, Time(10), l.Now())
	assert.Equal(t, 1, l.Pending())

	require.NoError(t, l.RunUntil(t.Context(), 4))
	assert.Equal(t, Time(10), l.Now(), "the clock never goes back")

	require.NoError(t, l.RunUntil(t.Context(), 100))
	assert.Equal(t, []Time{9, 10, 11}, got)
	assert.Equal(t, Time(100), l.Now(), "the clock moves on when nothing is left to fire")
}

func TestLoopAfterCountsFromNow(t *testing.T) {
	l := NewLoop()
	require.NoError(t, l.RunUntil(t.Context(), 5*second))
	var got Time
	l.After(2*time.Second, PhaseControl, Func(func(now Time) { got = now }))
	require.NoError(t, l.RunUntil(t.Context(), 10*second))
	assert.Equal(t, 7*second, got)
}

func TestLoopPastPanics(t *testing.T) {
	l := NewLoop()
	require.NoError(t, l.RunUntil(t.Context(), 2*second))
	const want = "sim: event of phase control scheduled for 1s, which is before now, 2s"
	assert.PanicsWithValue(t, want, func() { l.At(second, PhaseControl, Func(func(Time) {})) })
	timer := l.NewTimer(PhaseControl, func(Time) {})
	assert.PanicsWithValue(t, want, func() { timer.Set(second) })
	assert.False(t, timer.Armed())
	assert.Zero(t, l.Pending())
}

func TestRunUntilContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := NewLoop()
	var tick Func
	tick = func(now Time) {
		if now == 3*second {
			cancel()
		}
		l.At(now+second/1000, PhaseRequest, tick)
	}
	l.At(0, PhaseRequest, tick)
	err := l.RunUntil(ctx, Never)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, fmt.Sprintf("stopped at %s: context canceled", l.Now()), err.Error())
	assert.Less(t, l.Now(), 3*second+checkEvery*second/1000+1, "a cancelled run stops within the events between two looks")

	idle := NewLoop()
	require.ErrorIs(t, idle.RunUntil(ctx, second), context.Canceled, "an empty loop heeds the context too")
	assert.Zero(t, idle.Now())
}

func TestManyEventsAtOneInstant(t *testing.T) {
	const n = 100_000
	l := NewLoop()
	next := 0
	for i := range n {
		l.At(second, PhaseRequest, Func(func(Time) {
			if i != next {
				t.Fatalf("event %d fired as number %d", i, next)
			}
			next++
		}))
	}
	require.NoError(t, l.RunUntil(t.Context(), second))
	assert.Equal(t, n, next)
}

func TestLivelock(t *testing.T) {
	l := NewLoop()
	var again Func
	again = func(now Time) { l.At(now, PhaseControl, again) }
	l.At(5*second, PhaseControl, again)
	err := l.RunUntil(t.Context(), 10*second)
	var livelock *LivelockError
	require.True(t, errors.As(err, &livelock), "%v", err)
	assert.Equal(t, 5*second, livelock.At)
	assert.Equal(t, uint64(livelockAfter), livelock.Events)
	assert.Len(t, livelock.Recent, livelockTrace)
	assert.Equal(t, "control sim.Func", livelock.Recent[0])
	assert.Contains(t, err.Error(),
		"no progress after 5s: 4194304 events at one instant, the last ones: control sim.Func, ")
}

// Time that crawls is no livelock, however many events there are.
func TestNoLivelockWhileTimeMoves(t *testing.T) {
	l := NewLoop()
	var crawl Func
	crawl = func(now Time) {
		if l.Fired() < livelockAfter+10 {
			l.At(now+Time(l.Fired()&1), PhaseControl, crawl)
		}
	}
	l.At(0, PhaseControl, crawl)
	require.NoError(t, l.RunUntil(t.Context(), Never))
}

func TestPhaseNames(t *testing.T) {
	assert.Equal(t, "timeline", PhaseTimeline.String())
	assert.Equal(t, "observe", PhaseObserve.String())
	assert.Equal(t, "unknown", Phase(200).String())
	assert.Len(t, phaseNames, int(PhaseObserve)+1)
}
