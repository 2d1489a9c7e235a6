package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// recorded is a trace in memory: request i comes at i × gap with i input
// tokens, and its prefix is the numbers up to i modulo 5.
type recorded struct {
	count, i int
	gap      sim.Time
	fault    error // after the last, instead of io.EOF
	closed   bool
}

func (r *recorded) Next(a *Arrival) error {
	if r.i == r.count {
		if r.fault != nil {
			return r.fault
		}
		return io.EOF
	}
	a.At, a.Input, a.Output, a.Prefix = sim.Time(r.i)*r.gap, int32(r.i), 1, a.Prefix[:0]
	for id := range r.i % 5 {
		a.Prefix = append(a.Prefix, uint64(id))
	}
	r.i++
	return nil
}

func (r *recorded) Close() error {
	r.closed = true
	return nil
}

// runTrace plays a trace to a Service with one instance.
func runTrace(t *testing.T, trace *recorded, start, horizon sim.Time, watch func(now sim.Time, i *Instance)) (
	arrived int64, err error) {
	t.Helper()
	loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
	service := NewService("a/b", loop, streams, 0, sim.Time(time.Minute), func(record.Record) {})
	server := Server{Program: served(distribution.Uniform{Min: 0.5, Max: 9}), Concurrency: 20, Queue: -1}
	var instance *Instance
	instance = newInstance(loop, &server, func(now sim.Time, _ int, _, _ int64) {
		if watch != nil {
			watch(now, instance)
		}
	})
	instance.Open(0, nil)
	service.SetEndpoints(0, []*Instance{instance})
	require.NoError(t, service.Add(&Traffic{Name: "t", Start: start, Timeout: 4 * time.Second,
		Trace: func(*rand.Rand) (Trace, error) { return trace, nil }}, horizon, streams))
	require.NoError(t, loop.RunUntil(context.Background(), horizon))
	err = service.Close(horizon)
	arrived, _, _ = service.Balance()
	assert.True(t, trace.closed)
	return arrived, err
}

// A request carries the tokens of its line until its end, whatever becomes of
// the pooled memory of others.
func TestRequestsCarryTheTokensOfTheTrace(t *testing.T) {
	start, looked := sim.Time(time.Minute), 0
	arrived, err := runTrace(t, &recorded{count: 2000, gap: sim.Time(100 * time.Millisecond)}, start,
		sim.Time(5*time.Minute), func(_ sim.Time, i *Instance) {
			for _, r := range i.active {
				number := int(r.tokens.Input)
				if r.call != nil { // its client has not gone
					number = int((r.call.begun - start) / sim.Time(100*time.Millisecond))
				}
				require.Equal(t, int32(number), r.tokens.Input)
				require.Len(t, r.tokens.Prefix, number%5, "request %d", number)
				for id, got := range r.tokens.Prefix {
					require.Equal(t, uint64(id), got)
				}
				looked++
			}
		})
	require.NoError(t, err)
	assert.Equal(t, int64(2000), arrived)
	assert.Greater(t, looked, 10_000)
}

// What is at the horizon or after it does not come, and a fault of the trace
// is the run's.
func TestTraceEndsAtTheHorizonAndReportsFaults(t *testing.T) {
	second := sim.Time(time.Second)
	arrived, err := runTrace(t, &recorded{count: 2000, gap: second}, 10*second, 20*second, nil)
	require.NoError(t, err)
	assert.Equal(t, int64(10), arrived)
	broken := errors.New("t.csv:6: must be a number")
	arrived, err = runTrace(t, &recorded{count: 4, gap: second, fault: broken}, 0, 20*second, nil)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, int64(4), arrived)
	service := NewService("a/b", sim.NewLoop(), sim.NewStreams(1, 0), 0, second, func(record.Record) {})
	err = service.Add(&Traffic{Trace: func(*rand.Rand) (Trace, error) { return nil, fmt.Errorf("gone") }}, second,
		sim.NewStreams(1, 0))
	require.EqualError(t, err, "gone")
}
