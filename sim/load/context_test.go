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
)

// loopOf is an agent that calls its model so many times with so many new tokens.
func loopOf(turns float64, call Call) []Step {
	call.Service, call.Talks = "a/llm", true
	return []Step{Repeat{Times: distribution.Constant(turns), Steps: []Step{call, Wait{Time: distribution.Constant(1)}}}}
}

// asked is what the model has computed and found in its cache when an agent has
// worked on requests, one after the other.
func asked(t *testing.T, caching bool, programs map[string][]Step, traffic Traffic) llm.Stats {
	s := newScene(t, 1)
	model := *smallModel(t)
	model.MemoryUtilization, model.PrefixCaching = 0.9, caching
	i := s.serve("a/llm",
		&Server{Program: []Step{Generate{Input: distribution.Constant(1000), Output: distribution.Constant(100)}}, Queue: -1,
			Model: &model}, nil)[0]
	for _, name := range []string{"a/sub", "a/agent"} {
		if programs[name] != nil {
			s.serve(name, &Server{Program: programs[name], Queue: -1}, nil)
		}
	}
	const horizon = sim.Time(20 * time.Minute)
	traffic.Trace = single
	s.send("a/agent", horizon, traffic)
	s.run(horizon)
	b := s.of("a/agent")
	require.Equal(t, int64(1), b.ok, "%+v", b)
	return i.Model().Stats()
}

// Each prompt of an agent's loop holds those before it with their answers: the
// model reads 1000, 2100, 3200 … tokens, most of which are in its cache.
func TestContextsGrowInALoop(t *testing.T) {
	const turns = 10
	sum := int64(0)
	for k := range int64(turns) {
		sum += 1000 + 1100*k
	}
	grown := asked(t, false, map[string][]Step{"a/agent": loopOf(turns, Call{})}, Traffic{})
	assert.Equal(t, sum, grown.PromptTokens)
	assert.Equal(t, int64(100*turns), grown.OutputTokens)
	cached := asked(t, true, map[string][]Step{"a/agent": loopOf(turns, Call{})}, Traffic{})
	assert.Equal(t, sum, cached.PromptTokens+cached.CachedTokens)
	assert.InDelta(t, 1000*turns, float64(cached.PromptTokens), 20*turns, "what is new, in whole blocks")
	fresh := asked(t, true, map[string][]Step{"a/agent": loopOf(turns, Call{Context: Alone})}, Traffic{})
	assert.Equal(t, int64(1000*turns), fresh.PromptTokens)
}

// The tokens of a call are what it adds; a context that would be too long gives
// way to its summary, which the cache does not have.
func TestContextsAreCompacted(t *testing.T) {
	call := Call{Tokens: &TokenLaw{Input: distribution.Constant(400), Output: distribution.Constant(100)},
		Compaction: Compaction{At: 1900, To: 200}}
	s := asked(t, false, map[string][]Step{"a/agent": loopOf(6, call)}, Traffic{})
	assert.Equal(t, int64(400+900+1400+1900+600+1100), s.PromptTokens)
	shared := call
	shared.Tokens = &TokenLaw{Input: distribution.Constant(400), Output: distribution.Constant(100), Shared: 300}
	s = asked(t, false, map[string][]Step{"a/agent": loopOf(2, shared)}, Traffic{})
	assert.Equal(t, int64(700+1200), s.PromptTokens)
}

// A sub-agent begins fresh, goes on from its caller's context and adds to it, or
// goes on from a copy.
func TestContextsOfSubAgents(t *testing.T) {
	first := Call{Service: "a/llm", Talks: true}
	sub := Call{Service: "a/sub", Talks: true}
	for context, want := range map[Context]int64{
		Grow:    1000 + 1000 + 2100, // its own
		Inherit: 1000 + 2100 + 3200,
		Fork:    1000 + 2100 + 2100,
	} {
		inner := first
		inner.Context = context
		s := asked(t, false, map[string][]Step{"a/agent": {first, sub, first}, "a/sub": {inner}}, Traffic{})
		assert.Equal(t, want, s.PromptTokens, context)
	}
	several := first
	several.Count = distribution.Constant(3)
	s := asked(t, false, map[string][]Step{"a/agent": {first, several, first}}, Traffic{})
	assert.Equal(t, int64(1000+3*2100+2100), s.PromptTokens, "calls at the same time leave nothing")
}

// What a stream asks goes on to the model behind the agent, once, and the context
// of a session stays from turn to turn.
func TestTokensOfAStreamGoOn(t *testing.T) {
	law := &TokenLaw{Input: distribution.Constant(300), Output: distribution.Constant(50)}
	s := asked(t, false, map[string][]Step{"a/agent": loopOf(2, Call{})}, Traffic{Tokens: law})
	assert.Equal(t, int64(300+1350), s.PromptTokens)
	assert.Equal(t, int64(50+100), s.OutputTokens)

	scene := newScene(t, 1)
	model := *smallModel(t)
	model.MemoryUtilization, model.PrefixCaching = 0.9, false
	i := scene.serve("a/llm", &Server{Program: []Step{Generate{}}, Queue: -1, Model: &model}, nil)[0]
	scene.serve("a/agent", &Server{Program: []Step{Call{Service: "a/llm", Talks: true}}, Queue: -1}, nil)
	const horizon = sim.Time(10 * time.Minute)
	scene.send("a/agent", horizon,
		Traffic{Trace: single, Tokens: law, Sessions: &Sessions{Turns: distribution.Constant(3),
			Think: distribution.Constant(1)}})
	scene.run(horizon)
	assert.Equal(t, int64(300+650+1000), i.Model().Stats().PromptTokens)
}

// A model that a container asks several times for one request sees the same.
func TestContextsGrowInTheContainerItself(t *testing.T) {
	scene := newScene(t, 1)
	model := *smallModel(t)
	model.MemoryUtilization, model.PrefixCaching = 0.9, false
	ask := Generate{Input: distribution.Constant(500), Output: distribution.Constant(100)}
	i := scene.serve("a/agent", &Server{Program: []Step{Repeat{Times: distribution.Constant(3), Steps: []Step{ask}}},
		Queue: -1, Model: &model}, nil)[0]
	const horizon = sim.Time(10 * time.Minute)
	scene.send("a/agent", horizon, Traffic{Trace: single})
	scene.run(horizon)
	assert.Equal(t, int64(500+1100+1700), i.Model().Stats().PromptTokens)
}

// A tool holds its memory while it runs, and no longer; it goes with the process.
func TestToolsHoldMemory(t *testing.T) {
	scene := newScene(t, 1)
	tool := Tool{Time: distribution.Constant(5), Memory: distribution.Constant(1000)}
	i := scene.serve("a/b",
		&Server{Program: []Step{Wait{Time: distribution.Constant(1)}, tool, Wait{Time: distribution.Constant(1)}}, Queue: -1},
		nil)[0]
	const horizon = sim.Time(time.Minute)
	scene.send("a/b", horizon, Traffic{Trace: single})
	seen := map[float64]int64{}
	for _, at := range []float64{0.5, 1.5, 5.5, 6.5, 8} {
		scene.loop.At(sim.Time(at*1e9), sim.PhaseRequest, sim.Func(func(sim.Time) { seen[at] = scene.held[i] }))
	}
	scene.run(horizon)
	assert.Equal(t, map[float64]int64{0.5: 0, 1.5: 1000, 5.5: 1000, 6.5: 0, 8: 0}, seen)
}

// single is a trace of one arrival without tokens.
func single(*rand.Rand) (Trace, error) { return &untold{recorded{count: 1}}, nil }
