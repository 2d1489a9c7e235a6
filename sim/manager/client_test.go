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
			recorder.Event(&v1.ObjectReference{Kind: "Pod", Name: string(uid), Namespace: "default", UID: uid}, v1.EventTypeNormal, "Test", fmt.Sprint(i))
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
		c := NewClient(loop, cfg.QPS, cfg.Burst)
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
	c := NewClient(loop, 10, 2)
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
	require.Equal(t, []string{"0 sent 0", "0 sent 1", "10 answered 0", "10 answered 1", "100 sent 2", "110 answered 2", "110 all 0"}, course)
}
