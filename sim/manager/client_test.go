package manager

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kube-rehearse/rehearse/sim"
)

// request is one of a random series: a write or an event about an object.
type request struct {
	at     time.Duration
	object int // 0: a write
}

// series is bursts with pauses. No two requests come within a millisecond, for
// then it is chance upstream who comes first.
func series(seed uint64) (list []request) {
	r := rand.New(rand.NewPCG(seed, 1))
	at := time.Duration(0)
	for range 200 {
		at += time.Millisecond + time.Duration(r.IntN(4_000))*time.Microsecond
		if r.IntN(40) == 0 {
			at += time.Duration(r.IntN(4_000)) * time.Millisecond
		}
		list = append(list, request{at, r.IntN(3) * r.IntN(3)})
	}
	return list
}

// upstream sends a series through client-go's limiter and recorder and returns
// when it sent the writes, in seconds, and how many events.
func upstream(t *testing.T, cfg Config, list []request) (writes []string, events int) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		limiter := flowcontrol.NewTokenBucketRateLimiter(float32(cfg.QPS), cfg.Burst)
		sent := make(chan string, len(list))
		sink := &sink{limiter: limiter}
		broadcaster := record.NewBroadcaster()
		broadcaster.StartRecordingToSink(sink)
		recorder := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "test"})
		for i, r := range list {
			time.Sleep(time.Until(start.Add(r.at)))
			if r.object == 0 {
				go func() {
					require.NoError(t, limiter.Wait(context.Background()))
					sent <- fmt.Sprintf("%.3f", time.Since(start).Seconds())
				}()
				continue
			}
			uid := types.UID(fmt.Sprint(r.object))
			recorder.Event(&v1.ObjectReference{Kind: "Pod", Name: string(uid), Namespace: "default", UID: uid},
				v1.EventTypeNormal, "Test", fmt.Sprint(i))
		}
		time.Sleep(time.Hour)
		broadcaster.Shutdown()
		close(sent)
		for s := range sent {
			writes = append(writes, s)
		}
		events = sink.posted
	})
	return writes, events
}

// sink is where events are posted to.
type sink struct {
	limiter flowcontrol.RateLimiter
	posted  int
}

func (s *sink) post(e *v1.Event) (*v1.Event, error) {
	if err := s.limiter.Wait(context.Background()); err != nil {
		return nil, err
	}
	s.posted++
	time.Sleep(CallTime)
	return e, nil
}

func (s *sink) Create(e *v1.Event) (*v1.Event, error)          { return s.post(e) }
func (s *sink) Update(e *v1.Event) (*v1.Event, error)          { return s.post(e) }
func (s *sink) Patch(e *v1.Event, _ []byte) (*v1.Event, error) { return s.post(e) }

// Writes go out at the times of client-go's rate limiter and event recorder,
// and as many events do, whatever the limits are.
func TestSendsAsUpstream(t *testing.T) {
	waited := 0
	limits := []Config{DefaultConfig(), {QPS: 5, Burst: 1}, {QPS: 100, Burst: 10}, {QPS: 0.3, Burst: 3}}
	for seed := range uint64(20) {
		list, cfg := series(seed), limits[seed%4]
		loop := sim.NewLoop()
		c := NewServer(loop, cfg).NewClient(Options{})
		var ours []string
		for _, r := range list {
			loop.At(sim.Time(r.at), sim.PhaseControl, sim.Func(func(asked sim.Time) {
				if r.object == 0 {
					c.Write(func(now sim.Time) {
						ours = append(ours, fmt.Sprintf("%.3f", now.Seconds()))
						if now > asked {
							waited++
						}
					}, func(sim.Time) {})
					return
				}
				c.Event(types.UID(fmt.Sprint(r.object)))
			}))
		}
		require.NoError(t, loop.RunUntil(t.Context(), sim.Time(time.Hour)))
		writes, posted := upstream(t, cfg, list)
		require.Equal(t, writes, ours, "seed %d", seed)
		require.Equal(t, posted, c.events.posted, "seed %d", seed)
	}
	require.Greater(t, waited, 1000)
}

// Requests side by side are sent in order and answered one by one; the next
// come when all are.
func TestWriteAll(t *testing.T) {
	loop := sim.NewLoop()
	c := NewServer(loop, Config{}).NewClient(Options{QPS: 10, Burst: 2})
	var course []string
	note := func(what string) func(int, sim.Time) {
		return func(i int, now sim.Time) {
			course = append(course, fmt.Sprint(time.Duration(now).Milliseconds(), what, i))
		}
	}
	c.WriteAll(3, note(" sent "), note(" answered "), func(now sim.Time) {
		c.WriteAll(0, note(" sent "), note(" answered "), func(now sim.Time) { note(" all ")(0, now) })
	})
	require.NoError(t, loop.RunUntil(t.Context(), sim.Time(time.Second)))
	require.Equal(t, []string{"0 sent 0", "0 sent 1", "11 answered 0", "11 answered 1", "100 sent 2", "111 answered 2",
		"111 all 0"}, course)
}

// A controller sees a change one watch after it: the sync looks at the cluster as
// it was at the change, for the controller it is later, and the writes are carried
// out when they would be. No two are in one instant.
func TestAControllerSeesTheClusterAWatchLater(t *testing.T) {
	loop := sim.NewLoop()
	server := NewServer(loop, DefaultConfig())
	one := server.NewController(Options{Workers: 1, Latency: 10 * time.Millisecond})
	two := server.NewController(Options{Workers: 1, Latency: 10 * time.Millisecond})
	var course []string
	note := func(what string, now sim.Time) {
		course = append(course, fmt.Sprintf("%v %s %v", time.Duration(loop.Now()), what, time.Duration(now)))
	}
	var a, b Key
	a.Init(one.Queue, func(now sim.Time) {
		note("a syncs", now)
		one.Write(func(now sim.Time) { note("a writes", now) }, func(now sim.Time) {
			note("a is answered", now)
			one.Write(func(now sim.Time) { note("a writes", now) }, func(sim.Time) { a.Done(true) })
		})
	})
	b.Init(two.Queue, func(now sim.Time) {
		note("b syncs", now)
		two.Write(func(now sim.Time) { note("b writes", now) }, func(sim.Time) { b.Done(false) })
	})
	loop.At(0, sim.PhaseMachine, sim.Func(func(sim.Time) {
		a.Add()
		b.Add()
	}))
	loop.At(sim.Time(3*time.Millisecond), sim.PhaseMachine, sim.Func(func(sim.Time) { b.Add() }))
	loop.At(sim.Time(30*time.Millisecond), sim.PhaseMachine, sim.Func(func(sim.Time) { a.Drop() }))
	require.NoError(t, loop.RunUntil(t.Context(), sim.Time(time.Second)))
	require.Equal(t, []string{
		"0s a syncs 4ms", "0s b syncs 4ms", // both of the change at 0
		"10ms a writes 10ms", "10.001ms b writes 10.001ms",
		// of the change at 3 ms, seen at 7 ms, by a worker that was busy until 15 ms
		"11ms a is answered 15ms", "11ms b syncs 15ms",
		"21ms a writes 21ms", "21.001ms b writes 21.001ms",
		"27ms a syncs 31ms", // again, 5 ms after its failure at 26 ms
		"37ms a writes 37ms", "38ms a is answered 42ms", "48ms a writes 48ms",
	}, course)
}
