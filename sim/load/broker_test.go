package load

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// queueWorld is a queue with some consumers of a spec.
type queueWorld struct {
	loop      *sim.Loop
	queue     *Service
	consumers []*Instance
	latency   record.Histogram
	retries   int64
}

func newQueueWorld(t *testing.T, spec *Server, consumers int, redeliver time.Duration, rate float64, horizon sim.Time,
	retry Retry) *queueWorld {
	t.Helper()
	w := &queueWorld{loop: sim.NewLoop()}
	network := NewNetwork(w.loop, sim.NewStreams(1, 0), 0, sim.Time(time.Minute), func(r record.Record) {
		if window, is := r.(record.Requests); is {
			w.latency.Merge(&window.Latency)
			w.retries += window.Retries
		}
	})
	network.Queue("queue/jobs", redeliver)
	w.queue = network.Service("queue/jobs")
	for k := range consumers {
		i := NewInstance(network, uint64(k), spec, ignore)
		network.Consume("queue/jobs", i)
		i.Open(0, nil)
		w.consumers = append(w.consumers, i)
	}
	require.NoError(t, w.queue.Add(&Traffic{Name: "t", Rate: Constant{rate}, Retry: retry}, horizon, sim.NewStreams(1, 0)))
	return w
}

// Consumers that pull one message at a time from one queue are the servers of
// M/M/c: the time from publishing to the acknowledgement is 1/μ + C(c, a)/(cμ − λ).
func TestConsumersOfAQueueAreErlangs(t *testing.T) {
	const c, mu, lambda = 4, 1.0, 3.2
	horizon := sim.Time(400_000 * time.Second)
	w := newQueueWorld(t, &Server{Program: served(distribution.Exponential(1 / mu)), Concurrency: 1}, c, 0, lambda,
		horizon, Retry{})
	require.NoError(t, w.loop.RunUntil(context.Background(), horizon))
	require.NoError(t, w.queue.Close(horizon))
	want := 1/mu + erlangC(c, lambda/mu)/(c*mu-lambda)
	assert.InEpsilon(t, want, w.latency.Mean()/1e9, 0.02)
}

// Consumers come, die and drain at random: every message is worked on to its end
// once, however often it has to begin, and nothing is counted twice.
func TestMessagesOutliveTheirConsumers(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		redeliver := time.Duration(random.IntN(3)) * 20 * time.Second
		horizon := sim.Time(2 * time.Hour)
		w := newQueueWorld(t, &Server{Program: served(distribution.Exponential(5)), Concurrency: 1 + random.IntN(3)}, 5,
			redeliver, 0.8, sim.Time(time.Hour), Retry{})
		alive := [5]bool{true, true, true, true, true}
		var disturb sim.Func
		disturb = func(now sim.Time) {
			k := random.IntN(5)
			switch i := w.consumers[k]; {
			case !alive[k]:
				i.Open(now, nil)
				alive[k] = true
			case random.IntN(2) == 0:
				i.Kill(now)
				alive[k] = false
			default:
				i.Close(now, func(sim.Time) { alive[k] = false })
			}
			if now < sim.Time(time.Hour) {
				w.loop.At(now.Add(time.Duration(random.IntN(60))*time.Second), sim.PhaseMachine, disturb)
				return
			}
			for k, i := range w.consumers { // all are there for the rest
				if !i.open {
					i.Open(now, nil)
					alive[k] = true
				}
			}
		}
		w.loop.At(sim.Time(time.Second), sim.PhaseMachine, disturb)
		for at := sim.Time(0); at < horizon; at += sim.Time(30 * time.Second) {
			require.NoError(t, w.loop.RunUntil(context.Background(), at))
			arrived, ended, inFlight := w.queue.Balance()
			waiting, unacknowledged := w.queue.Messages()
			require.Equal(t, arrived, ended+inFlight)
			require.Equal(t, inFlight, int64(waiting+unacknowledged), "seed %d at %s", seed, at)
		}
		arrived, ended, inFlight := w.queue.Balance()
		require.NoError(t, w.queue.Close(horizon))
		assert.Equal(t, arrived, ended, "seed %d", seed)
		assert.Zero(t, inFlight)
		assert.Positive(t, w.retries)
	}
}

// Without a consumer messages wait; the first that comes gets the oldest first.
func TestMessagesWaitForTheFirstConsumer(t *testing.T) {
	horizon := sim.Time(100 * time.Second)
	w := newQueueWorld(t, &Server{Program: served(distribution.Constant(1)), Concurrency: 1}, 1, 0, 1, horizon, Retry{})
	w.consumers[0].Kill(0)
	require.NoError(t, w.loop.RunUntil(context.Background(), horizon))
	waiting, unacknowledged := w.queue.Messages()
	arrived, _, _ := w.queue.Balance()
	assert.Equal(t, int(arrived), waiting)
	assert.Zero(t, unacknowledged)
	w.consumers[0].Open(horizon, nil)
	require.NoError(t, w.loop.RunUntil(context.Background(), horizon+sim.Time(time.Duration(arrived)*time.Second)))
	require.NoError(t, w.queue.Close(w.loop.Now()))
	_, ended, _ := w.queue.Balance()
	assert.Equal(t, arrived, ended)
	assert.InDelta(t, horizon.Seconds()/2+float64(arrived)/2, w.latency.Mean()/1e9, math.Sqrt(100))
	w.consumers[0].Leave()
	assert.Empty(t, w.queue.broker.consumers)
}
