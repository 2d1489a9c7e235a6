package llm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// crowd plays so many requests of 512 and 512 tokens on engines, each at two
// thirds of what it takes, and returns the events of the loop.
func crowd(t testing.TB, engines, requests int) uint64 {
	loop := sim.NewLoop()
	list := make([]*Engine, engines)
	for i := range list {
		e, err := NewEngine(loop, sim.PhaseRequest, Config{
			Setup: setup(t, "llama-3.1-8b", "h100-80gb", 1), PrefixCaching: true, MaxSequences: 1024, MaxBatchedTokens: 8192,
		})
		require.NoError(t, err)
		list[i] = e
	}
	done := &counted{}
	all := make([]Sequence, requests)
	for k := range all {
		all[k] = Sequence{Input: 512, Output: 512, Done: done}
		at := sim.Time(k) * sim.Time(time.Second) / sim.Time(10*engines)
		loop.At(at, sim.PhaseTimeline, sim.Func(func(now sim.Time) {
			if err := list[k%engines].Submit(now, &all[k]); err != nil {
				t.Error(err)
			}
		}))
	}
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Hour)))
	require.Equal(t, requests, done.finished)
	return loop.Fired()
}

type counted struct{ finished int }

func (*counted) FirstToken(sim.Time) {}
func (c *counted) Finished(sim.Time) { c.finished++ }

// A request takes a few events, however many tokens it has: its arrival, its
// prompt, and its end, each of which may cut a run of iterations short.
func TestEventsAreOfRequests(t *testing.T) {
	const requests = 2000
	require.Less(t, crowd(t, 8, requests), uint64(6*requests))
}

// BenchmarkCrowd is 10,000 requests on 8 engines: its time is to be 0.1 s at most.
func BenchmarkCrowd(b *testing.B) {
	for b.Loop() {
		crowd(b, 8, 10_000)
	}
}
