package load

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// smallModel is an 8B model on a GPU that has little room left for its cache.
func smallModel(t *testing.T) *llm.Config {
	model, err := catalogue.FindModel("llama-3.1-8b")
	require.NoError(t, err)
	gpu, err := catalogue.FindGPU("l4")
	require.NoError(t, err)
	c := &llm.Config{Setup: timing.Setup{Model: model, GPU: gpu}, PrefixCaching: true, MemoryUtilization: 0.757}
	blocks, err := c.Blocks()
	require.NoError(t, err)
	require.Less(t, blocks, int64(400))
	return c
}

var answer = []Step{Generate{Input: distribution.Constant(600), Output: distribution.Constant(100)}}

// More prompts at a time than the cache holds begin again and again, and
// everyone waits; half of them go smoothly.
func TestAFullCachePreempts(t *testing.T) {
	const horizon = sim.Time(10 * time.Minute)
	p99 := map[float64]float64{}
	for _, rate := range []float64{0.1, 1.2} {
		s := newScene(t, 1)
		i := s.serve("a/b", &Server{Program: answer, Queue: -1, Model: smallModel(t)}, nil)[0]
		s.send("a/b", horizon, Traffic{Rate: Constant{rate}})
		s.run(horizon)
		p99[rate] = s.of("a/b").latency.Quantile(0.99) / 1e9
		m := i.Model().Stats()
		assert.Equal(t, rate > 1, m.Preemptions > 0, "%+v", m)
		assert.Equal(t, rate > 1, m.CachePeak > 0.95, "%+v", m)
	}
	assert.Greater(t, p99[1.2], 3*p99[0.1])
}

// A client that goes takes its prompt along: the model does not work for
// nobody, and the container is free for the next.
func TestModelsDropPromptsOfClientsThatGo(t *testing.T) {
	s := newScene(t, 2)
	i := s.serve("a/b", &Server{Program: answer, Queue: -1, Concurrency: 4, Model: smallModel(t)}, nil)[0]
	const horizon = sim.Time(10 * time.Minute)
	s.send("a/b", horizon, Traffic{Rate: Constant{2}, Timeout: 3 * time.Second})
	s.run(horizon)
	b := s.of("a/b")
	assert.Zero(t, b.ok, "an answer takes longer than three seconds")
	assert.Greater(t, b.failed[record.Timeout], int64(1000))
	assert.LessOrEqual(t, i.InFlight(), 4+6)
	assert.Less(t, i.Model().Stats().OutputTokens, int64(100*1000))
}

// Turns of a session find the prompt so far in the cache of the pod that has
// had it, so the first token comes sooner with affinity than without.
func TestSessionsReuseTheirPrompts(t *testing.T) {
	const horizon = sim.Time(20 * time.Minute)
	shares := map[Balance]float64{}
	for _, balance := range []Balance{Random, ConsistentHash} {
		s := newScene(t, 3)
		model := *smallModel(t)
		model.MemoryUtilization = 0.9
		endpoints := s.serve("a/b", &Server{Program: []Step{Generate{}}, Queue: -1, Model: &model}, nil, nil, nil)
		s.send("a/b", horizon, Traffic{Rate: Constant{0.1}, Balance: balance,
			Tokens:   &TokenLaw{Input: distribution.Constant(400), Output: distribution.Constant(150), Shared: 600},
			Sessions: &Sessions{Turns: distribution.Constant(8), Think: distribution.Exponential(5)}})
		s.run(horizon)
		var cached, all int64
		for _, e := range endpoints {
			m := e.Model().Stats()
			cached, all = cached+m.CachedTokens, all+m.CachedTokens+m.PromptTokens
		}
		shares[balance] = float64(cached) / float64(all)
	}
	assert.Greater(t, shares[ConsistentHash], 0.6)
	assert.Less(t, shares[Random], shares[ConsistentHash]-0.1)
}

// What a model can't hold is refused before it begins.
func TestTooLongPromptsAreRefused(t *testing.T) {
	s := newScene(t, 4)
	s.serve("a/b", &Server{Program: []Step{Generate{Input: distribution.Constant(100_000)}}, Queue: -1,
		Model: smallModel(t)}, nil)
	s.send("a/b", sim.Time(time.Minute), Traffic{Rate: Constant{1}})
	s.run(sim.Time(time.Minute))
	b := s.of("a/b")
	assert.Positive(t, b.arrived)
	assert.Equal(t, b.arrived, b.failed[record.TooLong])
}

// untold is a trace of arrivals alone.
type untold struct{ recorded }

func (u *untold) Next(a *Arrival) error {
	err := u.recorded.Next(a)
	a.Tokens = Tokens{Prefix: a.Prefix[:0]}
	return err
}

// A trace that says nothing of tokens leaves them to the law; one that does
// has its own.
func TestTracesWithoutTokensTakeTheLaws(t *testing.T) {
	law := &TokenLaw{Input: distribution.Constant(70), Output: distribution.Constant(3)}
	for _, c := range []struct {
		trace Trace
		want  int64
	}{{&untold{recorded{count: 50, gap: sim.Time(time.Second)}}, 50 * 70},
		{&recorded{count: 50, i: 1, gap: sim.Time(time.Second)}, 49 * 50 / 2}} {
		s := newScene(t, 5)
		model := *smallModel(t)
		model.PrefixCaching = false
		i := s.serve("a/b", &Server{Program: []Step{Generate{}}, Queue: -1, Model: &model}, nil)[0]
		s.send("a/b", sim.Time(2*time.Minute),
			Traffic{Tokens: law, Trace: func(*rand.Rand) (Trace, error) { return c.trace, nil }})
		s.run(sim.Time(2 * time.Minute))
		assert.Equal(t, c.want, i.Model().Stats().PromptTokens)
	}
}
