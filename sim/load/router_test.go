package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// cachedShare is the part of prompts that three models find in their caches, and how
// many prompts the busiest of them had of all.
func cachedShare(t *testing.T, balance Balance, rate float64) (cached, busiest float64) {
	const horizon = sim.Time(20 * time.Minute)
	s := newScene(t, 3)
	model := *smallModel(t)
	model.MemoryUtilization = 0.9
	endpoints := s.serve("a/b", &Server{Program: []Step{Generate{}}, Queue: -1, Model: &model}, nil, nil, nil)
	s.send("a/b", horizon, Traffic{Rate: Constant{rate}, Balance: balance,
		Tokens:   &TokenLaw{Input: distribution.Constant(400), Output: distribution.Constant(150)},
		Sessions: &Sessions{Turns: distribution.Constant(8), Think: distribution.Exponential(5)}})
	s.run(horizon)
	var found, all, most, answers int64
	for _, e := range endpoints {
		m := e.Model().Stats()
		found, all = found+m.CachedTokens, all+m.CachedTokens+m.PromptTokens
		most, answers = max(most, m.OutputTokens), answers+m.OutputTokens
	}
	return float64(found) / float64(all), float64(most) / float64(answers)
}

// A router that knows prefixes sends the turns of a session to where it was, finds
// nearly all of their prompts in the cache, and still spreads the sessions.
func TestRoutersKnowPrefixes(t *testing.T) {
	random, _ := cachedShare(t, Random, 0.1)
	aware, busiest := cachedShare(t, PrefixAware, 0.1)
	assert.Greater(t, aware, 0.7)
	assert.Greater(t, aware, random+0.15)
	assert.Less(t, busiest, 0.5)
}

// What every prompt begins with alike, when it is little of them, does not draw all
// of them to one endpoint; nor does it when that has far more to do than others.
func TestRoutersSpreadLoad(t *testing.T) {
	r := &router{}
	a, b := &Instance{}, &Instance{}
	s := &Service{endpoints: []*Instance{a, b}}
	prompt := func(shared, input int32) *call {
		return &call{tokens: Tokens{Input: input, Prefix: []uint64{7}, Lengths: []int32{shared}}}
	}
	assert.Same(t, a, r.pick(s, prompt(100, 1000)))
	a.active = make([]*request, 1)
	assert.Same(t, b, r.pick(s, prompt(100, 1000)), "a tenth is known")
	b.active = make([]*request, 60)
	assert.Same(t, b, r.pick(s, prompt(400, 1000)), "two fifths are known")
	b.active = make([]*request, 70)
	assert.Same(t, a, r.pick(s, prompt(400, 1000)), "it has far more to do")
	s.endpoints = []*Instance{b}
	assert.Same(t, b, r.pick(s, prompt(400, 1000)), "where it was is gone")
}
