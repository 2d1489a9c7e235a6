package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimer(t *testing.T) {
	var fired []Time
	l := NewLoop()
	timer := l.NewTimer(PhaseMachine, func(now Time) { fired = append(fired, now) })
	unarmed := func() {
		t.Helper()
		assert.False(t, timer.Armed())
		assert.Equal(t, Never, timer.Deadline())
		assert.Zero(t, l.Pending(), "an unarmed timer leaves nothing in the queue")
	}
	unarmed()
	timer.Stop()
	unarmed()

	timer.Set(10)
	assert.True(t, timer.Armed())
	assert.Equal(t, Time(10), timer.Deadline())
	timer.Set(20)
	assert.Equal(t, 1, l.Pending(), "a moved timer is not scheduled twice")
	timer.Set(5)
	require.NoError(t, l.RunUntil(t.Context(), 7))
	assert.Equal(t, []Time{5}, fired)
	unarmed()

	timer.Set(9)
	timer.Stop()
	unarmed()
	timer.Set(9)
	timer.Set(Never)
	unarmed()
	require.NoError(t, l.RunUntil(t.Context(), 30))
	assert.Equal(t, []Time{5}, fired)
}

// A timer that is set again comes after what was already there.
func TestTimerSetAgainLosesItsPlace(t *testing.T) {
	l := NewLoop()
	var order []string
	a := l.NewTimer(PhaseMachine, func(Time) { order = append(order, "a") })
	b := l.NewTimer(PhaseMachine, func(Time) { order = append(order, "b") })
	a.Set(1)
	b.Set(1)
	a.Set(1)
	require.NoError(t, l.RunUntil(t.Context(), 1))
	assert.Equal(t, []string{"b", "a"}, order)
}

// A timer may set itself, and stop others of the same instant, from its own
// function.
func TestTimerFromItsOwnFunction(t *testing.T) {
	l := NewLoop()
	var periodic, victim Timer
	ticks := 0
	periodic.Init(l, PhaseMachine, func(now Time) {
		assert.False(t, periodic.Armed())
		victim.Stop()
		if ticks++; ticks < 3 {
			periodic.Set(now + 10)
			victim.Set(now + 10)
		}
	})
	victim.Init(l, PhaseControl, func(Time) { t.Error("was stopped at its own instant") })
	periodic.Set(10)
	victim.Set(10)
	require.NoError(t, l.RunUntil(t.Context(), 100))
	assert.Equal(t, 3, ticks)
}
