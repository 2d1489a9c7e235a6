package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// In an M/M/1 queue the time in system is exponential with mean 1/(μ−λ), so
// exp(−(μ−λ)x) of the answers take longer than x.
func TestLateAnswersFollowMM1(t *testing.T) {
	const mu, lambda, late = 10.0, 6.0, 0.5
	s := newScene(t, 6)
	s.serve("a/b", &Server{Program: []Step{Wait{distribution.Exponential(1 / mu)}}, Concurrency: 1, Queue: -1}, nil)
	const horizon = sim.Time(10 * time.Hour)
	s.send("a/b", horizon,
		Traffic{Rate: Constant{lambda}, Objective: Objective{Latency: time.Duration(late * float64(time.Second))}})
	s.run(horizon)
	b := s.of("a/b")
	require.Greater(t, b.ok, int64(200_000))
	assert.InEpsilon(t, math.Exp(-(mu-lambda)*late), float64(b.late)/float64(b.ok), 0.04)
}

// What is late counts from the first attempt, and a failure is not late, too.
func TestRetriesMakeAnswersLate(t *testing.T) {
	s := newScene(t, 7)
	i := s.serve("a/b", &Server{Program: []Step{Wait{distribution.Constant(0.1)}}, Queue: -1}, nil)[0]
	i.Kill(0) // refuses until 30 s
	s.loop.At(sim.Time(30*time.Second), sim.PhaseMachine, sim.Func(func(now sim.Time) { i.Open(now, nil) }))
	const horizon = sim.Time(time.Minute)
	s.send("a/b", horizon, Traffic{Law: Paced, Rate: Constant{1}, Objective: Objective{Latency: time.Second},
		Retry: Retry{Attempts: 1, Base: 5 * time.Second}})
	s.run(horizon)
	b := s.of("a/b")
	// Requests come at 1, 2 … 60 s; those of 26 … 29 s, and that of 25 s or 30 s,
	// are answered at the second attempt.
	assert.Equal(t, int64(5), b.late)
	assert.Equal(t, int64(24), b.failed["connection-refused"])
}

// Turns of sessions are the requests that ended, and those that failed.
func TestSessionsCountTheirTurns(t *testing.T) {
	s := newScene(t, 8)
	server := chatServer
	server.Concurrency, server.Queue = 2, 0
	s.serve("a/b", &server, nil)
	const horizon = sim.Time(time.Hour)
	s.send("a/b", horizon, chat(0))
	s.run(horizon)
	b := s.of("a/b")
	require.Positive(t, b.failed["queue-full"])
	assert.Equal(t, b.failed["queue-full"], b.turnsFailed)
	assert.Equal(t, b.ok+b.failed["queue-full"], b.turns)
}
