package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func chat(silent float64) Traffic {
	return Traffic{Rate: Constant{2}, Sessions: &Sessions{Turns: distribution.Constant(5),
		Think: distribution.Exponential(10), Silent: silent}}
}

var chatServer = Server{Program: []Step{Wait{distribution.Constant(1)}}, Queue: -1,
	Sessions: SessionState{Bytes: 100, PerTurn: 10}}

// Sessions at a time are their rate times their length, and so is what a
// container keeps of them (Little's law).
func TestSessionsFollowLittlesLaw(t *testing.T) {
	s := newScene(t, 1)
	i := s.serve("a/b", &chatServer, nil)[0]
	const horizon = sim.Time(2 * time.Hour)
	s.send("a/b", horizon, chat(0))
	var seconds, bytes float64
	for at := sim.Time(10 * time.Minute); at < horizon; at += sim.Time(time.Second) {
		s.loop.At(at, sim.PhaseObserve, sim.Func(func(sim.Time) {
			seconds++
			bytes += float64(s.held[i])
		}))
	}
	s.run(horizon)
	b := s.of("a/b")
	assert.InDelta(t, 5, float64(b.arrived)/float64(b.started), 0.1)
	assert.Empty(t, b.lost)
	// A session of 45 s holds 110, 120 … 150 bytes in its turns, with the
	// thinking after each, but none after the last.
	mean := 2 * (11*(110+120+130+140) + 1*150.0)
	assert.InEpsilon(t, mean, bytes/seconds, 0.05)
}

// Without a goodbye the state stays until the time-out, or for ever.
func TestSilentSessionsStay(t *testing.T) {
	const horizon = sim.Time(time.Hour)
	held := map[time.Duration]int64{}
	for _, timeout := range []time.Duration{0, 5 * time.Minute} {
		s := newScene(t, 2)
		server := chatServer
		server.Sessions.Timeout = timeout
		i := s.serve("a/b", &server, nil)[0]
		s.send("a/b", horizon, chat(1))
		s.run(horizon)
		held[timeout] = s.held[i] / 150
	}
	assert.InDelta(t, 2*3600, held[0], 400)
	assert.InDelta(t, 2*(300+45), held[5*time.Minute], 100)
}

// Without affinity the turns of a session meet pods that do not know it; with
// it, or with consistent hashing, only a pod's end loses sessions.
func TestAffinityKeepsSessions(t *testing.T) {
	const horizon = sim.Time(time.Hour)
	lost := func(prepare func(s *scene, t *Traffic)) *books {
		s := newScene(t, 3)
		endpoints := s.serve("a/b", &chatServer, nil, nil, nil)
		traffic := chat(0)
		prepare(s, &traffic)
		s.send("a/b", horizon, traffic)
		s.loop.At(horizon/2, sim.PhaseMachine, sim.Func(func(now sim.Time) {
			endpoints[0].Kill(now)
			endpoints[0].Open(now, nil)
		}))
		s.run(horizon)
		return s.of("a/b")
	}
	random := lost(func(*scene, *Traffic) {})
	assert.InDelta(t, 4*2.0/3, float64(random.lost[record.SessionMoved])/float64(random.started), 0.1)
	for name, prepare := range map[string]func(s *scene, t *Traffic){
		"ClientIP":       func(s *scene, _ *Traffic) { s.network.Service("a/b").SetAffinity(3 * time.Hour) },
		"ConsistentHash": func(_ *scene, t *Traffic) { t.Balance = ConsistentHash },
	} {
		b := lost(prepare)
		assert.Zero(t, b.lost[record.SessionMoved], name)
		// A third of the 90 sessions under way, but those in their last turn.
		assert.InDelta(t, 29, b.lost[record.SessionPodGone], 18, name)
	}
}

// ClientIP affinity forgets a client that was silent for its timeout.
func TestAffinityTimesOut(t *testing.T) {
	s := newScene(t, 4)
	s.serve("a/b", &chatServer, nil, nil)
	s.network.Service("a/b").SetAffinity(time.Second)
	const horizon = sim.Time(time.Hour)
	s.send("a/b", horizon, chat(0))
	s.run(horizon)
	assert.Positive(t, s.of("a/b").lost[record.SessionMoved])
}

// Busy clients behind affinity make a hot endpoint.
func TestSkewedClientsMakeAHotPod(t *testing.T) {
	s := newScene(t, 5)
	served := map[*Instance]int{}
	var endpoints []*Instance
	for n := range 4 {
		var i *Instance
		i = NewInstance(s.network, uint64(n), &Server{Program: served1, Queue: -1}, func(_ sim.Time, _ int, total, _ int64) {
			served[i] = int(total)
		})
		i.Open(0, nil)
		endpoints = append(endpoints, i)
	}
	s.network.Service("a/b").SetEndpoints(0, endpoints)
	s.network.Service("a/b").SetAffinity(3 * time.Hour)
	const horizon = sim.Time(time.Hour)
	s.send("a/b", horizon, Traffic{Rate: Constant{20}, Clients: Clients{Count: 20, Skew: 1.2}})
	s.run(horizon)
	most, sum := 0, 0
	for _, n := range served {
		most = max(most, n)
		sum += n
	}
	require.InDelta(t, 20*3600, sum, 2000)
	assert.Greater(t, float64(most)/float64(sum), 0.36) // the busiest of 20 clients alone has 0.32
}

var served1 = []Step{Wait{distribution.Constant(0.1)}}
