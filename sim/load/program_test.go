package load

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// scene is a network under test, and what its Services wrote.
type scene struct {
	t       *testing.T
	loop    *sim.Loop
	streams sim.Streams
	network *Network
	books   map[string]*books
	held    map[*Instance]int64 // bytes of sessions
}

// books sum up the records of a Service.
type books struct {
	arrived, ok, retries int64
	failed               map[record.Cause]int64
	latency              record.Histogram
	late                 int64
	started, ended       int64
	turns, turnsFailed   int64
	lost                 map[record.SessionCause]int64
}

func newScene(t *testing.T, seed uint64) *scene {
	s := &scene{t: t, loop: sim.NewLoop(), streams: sim.NewStreams(seed, 0), books: map[string]*books{},
		held: map[*Instance]int64{}}
	s.network = NewNetwork(s.loop, s.streams, 0, sim.Time(time.Minute), func(r record.Record) {
		w, is := r.(record.Requests)
		if !is {
			return
		}
		b := s.of(w.Service)
		b.arrived += w.Arrived
		b.ok += w.OK
		b.late += w.Late
		b.retries += w.Retries
		for c, n := range w.Failed {
			b.failed[c] += n
		}
		if w.Sessions != nil {
			b.started += w.Sessions.Started
			b.ended += w.Sessions.Ended
			b.turns += w.Sessions.Turns
			b.turnsFailed += w.Sessions.TurnsFailed
			for c, n := range w.Sessions.Lost {
				b.lost[c] += n
			}
		}
		b.latency.Merge(&w.Latency)
	})
	return s
}

func (s *scene) of(key string) *books {
	b, known := s.books[key]
	if !known {
		b = &books{failed: map[record.Cause]int64{}, lost: map[record.SessionCause]int64{}}
		s.books[key] = b
	}
	return b
}

// serve puts instances behind a Service. Each has the CPU of a cgroup of its
// own, when one is given.
func (s *scene) serve(key string, spec *Server, groups ...*cpu.Group) []*Instance {
	var endpoints []*Instance
	for n, g := range groups {
		var i *Instance
		i = NewInstance(s.network, uint64(n+1), spec, func(_ sim.Time, _ int, _, bytes int64) { s.held[i] = bytes })
		i.Open(s.loop.Now(), g)
		endpoints = append(endpoints, i)
	}
	s.network.Service(key).SetEndpoints(s.loop.Now(), endpoints)
	return endpoints
}

func (s *scene) send(key string, horizon sim.Time, t Traffic) {
	t.Name = key + t.Name
	require.NoError(s.t, s.network.Service(key).Add(&t, horizon, s.streams))
}

// run plays to the horizon, closes the books and sees that they balance.
func (s *scene) run(horizon sim.Time) {
	require.NoError(s.t, s.loop.RunUntil(context.Background(), horizon))
	for _, service := range s.network.Services() {
		require.NoError(s.t, service.Close(horizon))
		arrived, ended, inFlight := service.Balance()
		require.Equal(s.t, arrived, ended+inFlight, service.Key)
		b := s.of(service.Key)
		require.Equal(s.t, arrived, b.arrived, service.Key)
		failed := int64(0)
		for _, n := range b.failed {
			failed += n
		}
		require.Equal(s.t, ended, b.ok+failed, service.Key)
	}
}

func newNode(t *testing.T, loop *sim.Loop, cores float64) *cpu.Node {
	n, err := cpu.NewNode(loop, cpu.Config{Cores: cores, Phase: sim.PhaseRequest})
	require.NoError(t, err)
	return n
}

func newGroup(t *testing.T, n *cpu.Node, request, limit int64) *cpu.Group {
	g, err := n.NewGroup(cpu.ResourcesOf(request, limit, 0))
	require.NoError(t, err)
	return g
}

// Requests that compute on one core share it: the time in system is that of
// M/G/1-PS, mean / (1 − ρ), whatever the law of the work.
func TestComputingRequestsFollowProcessorSharing(t *testing.T) {
	const mean, rho, replications = 0.02, 0.7, 20
	for name, law := range map[string]distribution.Dist{
		"M/M/1-PS": distribution.Exponential(mean),
		"M/D/1-PS": distribution.Constant(mean),
		"M/G/1-PS": distribution.LogNormal{Mu: math.Log(mean) - 0.5, Sigma: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var times []float64
			for seed := range uint64(replications) {
				s := newScene(t, seed)
				s.serve("a/b", &Server{Program: []Step{Compute{Time: law}}, Queue: -1}, newGroup(t, newNode(t, s.loop, 1), 1000, 0))
				const horizon = sim.Time(10 * time.Minute)
				s.send("a/b", horizon, Traffic{Rate: Constant{rho / mean}})
				s.run(horizon)
				times = append(times, s.of("a/b").latency.Mean()/1e9)
			}
			within99(t, mean/(1-rho), times, "time in system")
		})
	}
}

// A limit of half a core stretches work of 20 % CPU only once more than the
// quota of a period is asked for; the same load without a limit is not slowed.
func TestALimitThrottlesRequests(t *testing.T) {
	times := map[int64]float64{}
	for _, limit := range []int64{0, 500} {
		s := newScene(t, 1)
		g := newGroup(t, newNode(t, s.loop, 4), 500, limit)
		s.serve("a/b", &Server{Program: []Step{Work{Time: distribution.Constant(0.2), CPU: 0.2}}, Queue: -1}, g)
		const horizon = sim.Time(5 * time.Minute)
		s.send("a/b", horizon, Traffic{Rate: Constant{10}}) // 0.4 cores
		s.run(horizon)
		times[limit] = s.of("a/b").latency.Mean() / 1e9
		assert.InDelta(t, 0.4, g.Stats(horizon).Used.Seconds()/300, 0.03)
		assert.Equal(t, limit > 0, g.Stats(horizon).ThrottledPeriods > 100)
	}
	assert.InDelta(t, 0.2, times[0], 0.002)
	assert.Greater(t, times[500], 0.25)
}

// A program takes what its steps take: fan-out waits for the slowest, loops
// repeat, chances are drawn.
func TestProgramsTakeTheirSteps(t *testing.T) {
	s := newScene(t, 3)
	s.serve("a/tool", &Server{Program: []Step{Wait{distribution.Exponential(0.1)}}, Queue: -1}, nil)
	s.serve("a/b", &Server{Queue: -1, Program: []Step{
		Wait{distribution.Constant(1)},
		Repeat{Times: distribution.Constant(3), Steps: []Step{
			Call{Service: "a/tool", Count: distribution.Constant(4)},
			Repeat{Times: distribution.Constant(2), Steps: []Step{Wait{distribution.Constant(0.01)}}},
		}},
		Repeat{Times: distribution.Constant(0), Steps: []Step{Wait{distribution.Constant(1000)}}},
		Chance{Probability: 0.25, Steps: []Step{Wait{distribution.Constant(0.4)}}},
	}}, nil)
	const horizon = sim.Time(time.Hour)
	s.send("a/b", horizon, Traffic{Rate: Constant{5}})
	s.run(horizon)
	// The largest of four exponential times is 1 + 1/2 + 1/3 + 1/4 of their mean.
	assert.InDelta(t, 1+3*(0.1*25/12+0.02)+0.25*0.4, s.of("a/b").latency.Mean()/1e9, 0.01)
	assert.InDelta(t, 12, float64(s.of("a/tool").arrived)/float64(s.of("a/b").arrived), 0.02)
}

// A tool that fails with probability p, tried up to three times, fails a
// request with p³, and costs 1 + p + p² calls.
func TestRetriesFollowTheGeometricLaw(t *testing.T) {
	const p = 0.4
	s := newScene(t, 4)
	s.network.External(External{Name: "external/tool", Time: distribution.Constant(0.05), FailureRate: p})
	call := Call{Service: "external/tool", Client: Client{Retry: Retry{Attempts: 2, Base: 100 * time.Millisecond}}}
	s.serve("a/b", &Server{Queue: -1, Program: []Step{call}}, nil)
	const horizon = sim.Time(time.Hour)
	s.send("a/b", horizon, Traffic{Rate: Constant{20}})
	s.run(horizon)
	b, tool := s.of("a/b"), s.of("external/tool")
	n := float64(b.arrived)
	assert.InDelta(t, p*p*p, float64(b.failed[record.DependencyFailed])/n, 4*math.Sqrt(p*p*p/n))
	assert.Equal(t, b.failed[record.DependencyFailed], tool.failed[record.Errored])
	assert.InDelta(t, p+p*p, float64(tool.retries)/n, 0.02)
	// One, two or three answers and the back-offs of 0.1 and 0.2 s between.
	mean := (1-p)*0.05 + p*(1-p)*0.2 + p*p*(1-p)*0.45
	assert.InDelta(t, mean/(1-p*p*p), b.latency.Mean()/1e9, 0.002)
}

// A step that may fail does not fail its request.
func TestOptionalCallsMayFail(t *testing.T) {
	s := newScene(t, 5)
	s.network.External(External{Name: "external/tool", Time: distribution.Constant(0.05), FailureRate: 1})
	s.serve("a/b", &Server{Queue: -1, Program: []Step{Call{Service: "external/tool", Optional: true},
		Call{Service: "a/nobody", Optional: true}}}, nil)
	s.send("a/b", sim.Time(time.Minute), Traffic{Rate: Constant{5}})
	s.run(sim.Time(time.Minute))
	assert.Empty(t, s.of("a/b").failed)
	assert.Positive(t, s.of("a/nobody").failed[record.NoEndpoint])
}

// An outage and a rate limit refuse what they should, and no more.
func TestExternalsRefuse(t *testing.T) {
	s := newScene(t, 6)
	s.network.External(External{Name: "external/api", Time: distribution.Constant(0.01), Rate: 10, Burst: 10,
		Outages: []Span{{sim.Time(10 * time.Minute), sim.Time(20 * time.Minute)}}})
	const horizon = sim.Time(time.Hour)
	s.send("external/api", horizon, Traffic{Rate: Constant{20}, Law: Paced})
	s.run(horizon)
	b := s.of("external/api")
	assert.InDelta(t, 20*600, b.failed[record.Unavailable], 1)
	assert.InDelta(t, 10*3000, b.ok, 25) // the bucket is full at the start and after the outage
	refused := b.failed[record.Unavailable] + b.failed[record.RateLimited]
	assert.InDelta(t, b.arrived, b.ok+refused, 1) // one may be under way at the end
}

// Exponential back-off goes as far as its bound, and jitter only shortens it.
func TestBackOff(t *testing.T) {
	r := Retry{Base: time.Second, Max: 10 * time.Second, Factor: 3}
	for n, want := range []time.Duration{time.Second, 3 * time.Second, 9 * time.Second, 10 * time.Second} {
		require.Equal(t, want, r.wait(n+1, 0.5))
	}
	r.Jitter = 1
	require.Equal(t, time.Second/2, r.wait(1, 0.5))
	require.Equal(t, 10*time.Second, r.wait(2000, 0))
}

// Everything at once: random services that call each other, killed and opened
// again and again, keep their books, and two runs are the same.
func TestRandomNetworksBalance(t *testing.T) {
	for seed := range uint64(150) {
		var outcomes []string
		for range 2 {
			outcomes = append(outcomes, randomNetwork(t, seed))
		}
		require.Equal(t, outcomes[0], outcomes[1], "seed %d", seed)
	}
}

func randomNetwork(t *testing.T, seed uint64) string {
	const horizon = sim.Time(3 * time.Minute)
	r := rand.New(rand.NewPCG(seed, 9))
	s := newScene(t, seed)
	node := newNode(t, s.loop, 1+3*r.Float64())
	s.network.External(External{Name: "external/api", Time: distribution.Exponential(0.2), FailureRate: r.Float64() / 2,
		Rate: float64(r.IntN(2)) * 20, Burst: 5, Outages: []Span{{sim.Time(time.Minute), sim.Time(90 * time.Second)}}})
	names := []string{"external/api"}
	client := func() Client {
		return Client{Timeout: time.Duration(r.IntN(3)) * 700 * time.Millisecond, Balance: Balance(r.IntN(3)),
			Retry: Retry{Attempts: r.IntN(3), Base: time.Duration(r.IntN(300)) * time.Millisecond, Jitter: r.Float64()}}
	}
	var steps func(depth int) []Step
	steps = func(depth int) (list []Step) {
		for range r.IntN(4) {
			switch x := r.IntN(7); {
			case x == 0:
				list = append(list, Compute{Time: distribution.Exponential(0.05), Threads: 1 + r.IntN(3)})
			case x == 1:
				list = append(list, Wait{distribution.Exponential(0.3)})
			case x == 2:
				list = append(list, Work{Time: distribution.Exponential(0.3), CPU: 1.5 * r.Float64()})
			case x == 3 && depth < 3:
				list = append(list, Repeat{Times: distribution.Uniform{Max: 3}, Steps: steps(depth + 1)})
			case x == 4 && depth < 3:
				list = append(list, Chance{Probability: r.Float64(), Steps: steps(depth + 1)})
			default:
				call := Call{Service: names[r.IntN(len(names))], Client: client(), Optional: r.IntN(2) == 0}
				if r.IntN(2) == 0 {
					call.Count = distribution.Uniform{Max: 3}
				}
				list = append(list, call)
			}
		}
		return list
	}
	for n := range 3 {
		key := fmt.Sprintf("a/%d", n)
		spec := &Server{Program: steps(0), Concurrency: r.IntN(6), Queue: r.IntN(12) - 1,
			Sessions: SessionState{Bytes: int64(r.IntN(2)), PerTurn: int64(r.IntN(3)),
				Timeout: time.Duration(r.IntN(2)) * 20 * time.Second}}
		if r.IntN(2) == 0 {
			spec.Model = smallModel(t)
			spec.Program = append(spec.Program, Generate{Input: distribution.Exponential(800),
				Output: distribution.Exponential(40)})
		}
		var groups []*cpu.Group
		for range 1 + r.IntN(3) {
			groups = append(groups, newGroup(t, node, 100, int64(r.IntN(2))*300))
		}
		endpoints := s.serve(key, spec, groups...)
		if r.IntN(2) == 0 {
			s.network.Service(key).SetAffinity(time.Duration(1+r.IntN(60)) * time.Second)
		}
		for i, e := range endpoints {
			for range r.IntN(4) {
				s.loop.At(sim.Time(r.Int64N(int64(horizon))), sim.PhaseMachine, sim.Func(func(now sim.Time) {
					e.Kill(now)
					require.Zero(t, s.held[e])
					require.Zero(t, groups[i].Tasks())
					e.Open(now, groups[i])
				}))
			}
		}
		names = append(names, key)
	}
	for n, key := range names[1:] {
		c := client()
		traffic := Traffic{Name: "t", Rate: Constant{0.5 + 4*r.Float64()}, Timeout: c.Timeout, Retry: c.Retry,
			Balance: Balance(r.IntN(4)),
			Clients: Clients{Count: r.IntN(3) * 4, Skew: r.Float64()}}
		if r.IntN(2) == 0 {
			traffic.Tokens = &TokenLaw{Input: distribution.Exponential(300), Output: distribution.Exponential(50),
				Shared: int32(r.IntN(1200))}
		}
		if r.IntN(2) == 0 {
			traffic.Sessions = &Sessions{Turns: distribution.Uniform{Max: 6}, Think: distribution.Exponential(3),
				Silent: r.Float64()}
		}
		s.send(key, horizon, traffic)
		if n == 0 {
			s.send(key, horizon, Traffic{Name: "u", Users: &Users{Count: 5, Think: distribution.Exponential(1)}, Retry: c.Retry})
		}
	}
	s.run(horizon)
	text := fmt.Sprint(s.loop.Fired())
	for _, key := range names {
		b := s.of(key)
		text += fmt.Sprint(key, b.arrived, b.ok, b.retries, b.failed, b.latency.Mean(), b.started, b.ended, b.lost)
	}
	return text
}
