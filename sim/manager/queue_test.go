package manager

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/util/workqueue"

	"github.com/kube-rehearse/rehearse/sim"
)

// added is that a key comes into the queue at some time, later, and how long
// its syncs take.
type added struct {
	at, after time.Duration
	key       int
}

const keys = 6

// script draws what is added to a queue and how the syncs of each key go: how
// long they take and whether they fail.
func script(seed uint64) (list []added, took func(key, n int) (time.Duration, bool)) {
	r := rand.New(rand.NewPCG(seed, 2))
	at := time.Duration(0)
	for range 120 {
		at += time.Duration(1 + r.IntN(400_000_000))
		a := added{at: at, key: r.IntN(keys)}
		if r.IntN(3) == 0 {
			a.after = time.Duration(1 + r.IntN(3_000_000_000))
		}
		list = append(list, a)
	}
	return list, func(key, n int) (time.Duration, bool) {
		r := rand.New(rand.NewPCG(seed, uint64(1000*key+n)))
		return time.Duration(1 + r.IntN(1_500_000_000)), r.IntN(3) == 0
	}
}

// theirs are the syncs of client-go's queue with some workers.
func theirs(t *testing.T, list []added, took func(key, n int) (time.Duration, bool), workers int) (syncs []string) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		q := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[int](FirstRetry,
			LastRetry))
		log := make(chan string, 10_000)
		var counts [keys]int // a key is with one worker at a time
		for range workers {
			go func() {
				for {
					k, shutdown := q.Get()
					if shutdown {
						return
					}
					log <- fmt.Sprintf("%.6f %d", time.Since(start).Seconds(), k)
					d, failed := took(k, counts[k])
					counts[k]++
					time.Sleep(d)
					if failed {
						q.AddRateLimited(k)
					} else {
						q.Forget(k)
					}
					q.Done(k)
				}
			}()
		}
		for _, a := range list {
			time.Sleep(time.Until(start.Add(a.at)))
			q.AddAfter(a.key, a.after)
		}
		time.Sleep(time.Hour)
		q.ShutDown()
		synctest.Wait()
		close(log)
		for s := range log {
			syncs = append(syncs, s)
		}
	})
	return syncs
}

// Keys are synced at the times of client-go's work queue.
func TestSyncsAsUpstream(t *testing.T) {
	failures := 0
	for seed := range uint64(60) {
		list, took := script(seed)
		workers := 1 + int(seed)%4
		loop := sim.NewLoop()
		q := NewServer(loop, DefaultConfig()).NewController(Options{Workers: workers}).Queue
		var ours []string
		var set [keys]Key
		for i := range set {
			n := 0
			set[i].Init(q, func(now sim.Time) {
				ours = append(ours, fmt.Sprintf("%.6f %d", now.Seconds(), i))
				d, failed := took(i, n)
				n++
				loop.After(d, sim.PhaseControl, sim.Func(func(sim.Time) {
					if failed {
						failures++
					}
					set[i].Done(failed)
				}))
			})
		}
		for _, a := range list {
			loop.At(sim.Time(a.at), sim.PhaseControl, sim.Func(func(sim.Time) {
				if a.after == 0 {
					set[a.key].Add()
				} else {
					set[a.key].AddAfter(a.after)
				}
			}))
		}
		require.NoError(t, loop.RunUntil(t.Context(), sim.Time(time.Hour)))
		expected := theirs(t, list, took, workers)
		slices.Sort(expected)
		slices.Sort(ours)
		require.Equal(t, expected, ours, "seed %d", seed)
	}
	require.Greater(t, failures, 500)
}

// A key that is dropped is not synced any more, and gives its worker to others.
func TestDrop(t *testing.T) {
	loop := sim.NewLoop()
	q := NewServer(loop, DefaultConfig()).NewController(Options{Workers: 1}).Queue
	var syncs []string
	var a, b Key
	a.Init(q, func(now sim.Time) {
		syncs = append(syncs, fmt.Sprint("a ", now))
		loop.After(5*time.Second, sim.PhaseControl, sim.Func(func(sim.Time) { a.Done(true) }))
	})
	b.Init(q, func(now sim.Time) {
		syncs = append(syncs, fmt.Sprint("b ", now))
		b.Done(false)
	})
	a.AddAfter(time.Second)
	b.AddAfter(time.Second)
	loop.At(sim.Time(2*time.Second), sim.PhaseControl, sim.Func(func(sim.Time) {
		a.Add()
		a.Drop()
		b.AddAfter(59 * time.Second)
	}))
	require.NoError(t, loop.RunUntil(t.Context(), sim.Time(time.Hour)))
	require.Equal(t, []string{"a 1s", "b 6s", "b 61s"}, syncs)
}
