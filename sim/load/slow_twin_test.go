package load

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// outcome is what became of all requests.
type outcome struct {
	failed  map[record.Cause]int64
	latency record.Histogram
}

// slowRequest is a request of the twin.
type slowRequest struct {
	arrived, begun, needs sim.Time
	serving, left         bool // left: its client has gone
}

// slowServer is the obvious server: a list of requests in the order of
// arrival, looked through at every instant at which anything can happen.
type slowServer struct {
	spec     Server
	timeout  sim.Time
	requests []*slowRequest
	out      outcome
}

func (s *slowServer) fail(c record.Cause) { s.out.failed[c]++ }

func (s *slowServer) busy() (n int) {
	for _, r := range s.requests {
		if r.serving {
			n++
		}
	}
	return n
}

func (s *slowServer) arrive(now, needs sim.Time) {
	if s.spec.Concurrency > 0 && s.busy() == s.spec.Concurrency && s.spec.Queue >= 0 &&
		len(s.requests)-s.busy() >= s.spec.Queue {
		s.fail(record.QueueFull)
		return
	}
	s.requests = append(s.requests, &slowRequest{arrived: now, needs: needs})
	s.start(now)
}

func (s *slowServer) start(now sim.Time) {
	for _, r := range s.requests {
		if !r.serving && (s.spec.Concurrency == 0 || s.busy() < s.spec.Concurrency) {
			r.serving, r.begun = true, now
		}
	}
}

func (s *slowServer) kill() {
	for _, r := range s.requests {
		if !r.left {
			s.fail(record.Killed)
		}
	}
	s.requests = nil
}

// next is the earliest end or time-out, and what it is.
func (s *slowServer) next() (at sim.Time, who int, timeout bool) {
	at, who = sim.Never, -1
	for i, r := range s.requests {
		if r.serving && r.begun+r.needs < at {
			at, who, timeout = r.begun+r.needs, i, false
		}
		if !r.left && s.timeout > 0 && r.arrived+s.timeout < at {
			at, who, timeout = r.arrived+s.timeout, i, true
		}
	}
	return at, who, timeout
}

// until plays everything before an instant.
func (s *slowServer) until(end sim.Time) {
	for {
		at, who, timeout := s.next()
		if at >= end || who < 0 {
			return
		}
		r := s.requests[who]
		switch {
		case timeout:
			s.fail(record.Timeout)
			r.left = true
			if !r.serving {
				s.requests = append(s.requests[:who], s.requests[who+1:]...)
			}
		default:
			if !r.left {
				s.out.latency.Add(int64(at - r.arrived))
			}
			s.requests = append(s.requests[:who], s.requests[who+1:]...)
			s.start(at)
		}
	}
}

// The pooled server with one timer for all time-outs does to every request
// what the obvious one does, over random settings and kills.
func TestServerAgainstSlowTwin(t *testing.T) {
	const horizon = sim.Time(2 * time.Minute)
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		server := Server{Program: served(distribution.Exponential(0.2 + r.Float64())), Concurrency: r.IntN(6),
			Queue: r.IntN(12) - 1}
		traffic := Traffic{Name: "t", Rate: Constant{0.5 + 8*r.Float64()},
			Timeout: time.Duration(r.IntN(4)) * 700 * time.Millisecond}
		var kills []sim.Time
		for at := sim.Time(0); len(kills) < r.IntN(6); {
			at += sim.Time(1 + r.Int64N(int64(30*time.Second)))
			kills = append(kills, at)
		}

		got := outcome{failed: map[record.Cause]int64{}}
		loop, streams := sim.NewLoop(), sim.NewStreams(uint64(seed), 0)
		service := NewService("a/b", loop, streams, 0, sim.Time(time.Minute), func(rec record.Record) {
			if w, is := rec.(record.Requests); is {
				for c, n := range w.Failed {
					got.failed[c] += n
				}
				got.latency.Merge(&w.Latency)
			}
		})
		instance := newInstance(loop, &server, ignore)
		instance.Open(0, nil)
		service.SetEndpoints(0, []*Instance{instance})
		for _, at := range kills {
			loop.At(at, sim.PhaseMachine, sim.Func(func(now sim.Time) {
				instance.Kill(now)
				instance.Open(now, nil)
			}))
		}
		require.NoError(t, service.Add(&traffic, horizon, streams))
		require.NoError(t, loop.RunUntil(context.Background(), horizon))
		require.NoError(t, service.Close(horizon))

		// The twin makes the same draws.
		twin := slowServer{spec: server, timeout: sim.Time(traffic.Timeout), out: outcome{failed: map[record.Cause]int64{}}}
		arrivals := newArrivals(&traffic, horizon, streams.Get("arrivals", "t"))
		draws := streams.Get("requests", "t")
		source := rand.NewPCG(0, 0)
		for at := arrivals.next(); at != sim.Never; at = arrivals.next() {
			for len(kills) > 0 && kills[0] <= at {
				twin.until(kills[0])
				twin.kill()
				kills = kills[1:]
			}
			twin.until(at)
			source.Seed(draws.Uint64(), 0)
			twin.arrive(at, sim.Time(server.Program[0].(Work).Time.Sample(rand.New(source))*1e9))
		}
		for _, at := range kills {
			twin.until(at)
			twin.kill()
		}
		twin.until(horizon + 1)
		assert.Equal(t, twin.out.failed, got.failed, "seed %d: %+v", seed, server)
		assert.Equal(t, twin.out.latency.Count(), got.latency.Count(), "seed %d", seed)
		assert.InDelta(t, twin.out.latency.Mean(), got.latency.Mean(), 1e-3, "seed %d", seed)
		if t.Failed() {
			return
		}
	}
}

// BenchmarkRequests is a million requests through Service, queue and server.
func BenchmarkRequests(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		const horizon = sim.Time(1000 * time.Second)
		loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
		service := NewService("a/b", loop, streams, 0, sim.Time(10*time.Second), func(record.Record) {})
		server := Server{Program: served(distribution.LogNormalFromMedianP99(0.05, 0.4)), Concurrency: 16, Queue: 64}
		var endpoints []*Instance
		for range 8 {
			i := newInstance(loop, &server, ignore)
			i.Open(0, nil)
			endpoints = append(endpoints, i)
		}
		service.SetEndpoints(0, endpoints)
		require.NoError(b, service.Add(&Traffic{Name: "t", Rate: Constant{1000}, Timeout: 30 * time.Second}, horizon,
			streams))
		if err := loop.RunUntil(context.Background(), horizon); err != nil {
			b.Fatal(err)
		}
	}
}
