package metricsserver

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

func at(seconds float64) sim.Time { return sim.Time(seconds * 1e9) }

// script is what containers use at each time.
type script func(now sim.Time) []Use

func (s script) Use(at sim.Time) []Use           { return s(at) }
func (script) Pass(sim.Time, time.Duration, int) {}
func (script) Busy() bool                        { return false }
func (script) Constant() bool                    { return false }

// busy is a container c that uses half a core until 30 s and two from then on,
// and d that uses nothing; d runs from the given time on.
func busy(d float64) script {
	return func(now sim.Time) []Use {
		list := []Use{{"c", min(now, at(30)).Seconds()/2 + 2*max(0, now-at(30)).Seconds(), 100}}
		if now >= at(d) {
			list = append(list, Use{"d", 0, 11})
		}
		return list
	}
}

// play lets metrics-server scrape at the times given, and asks after each.
func play(t *testing.T, config Config, read script, ask func(p *Pod, now sim.Time), scrapes ...float64) {
	t.Helper()
	var loop sim.Loop
	var p Pod
	_, known := p.Value(0, v1.ResourceCPU, "")
	require.False(t, known, "nobody has looked yet")
	require.False(t, p.Watched())
	p.Watch(0, &loop, config, rand.New(rand.NewPCG(1, 1)), read)
	require.True(t, p.Watched())
	for _, s := range scrapes {
		loop.At(at(s), sim.PhaseTimeline, sim.Func(func(now sim.Time) {
			if !config.Instant() {
				now++ // after the scrape
			}
			ask(&p, now)
		}))
	}
	require.NoError(t, loop.RunUntil(context.Background(), at(scrapes[len(scrapes)-1]+1)))
	p.Stop(at(scrapes[len(scrapes)-1] + 1))
	require.NoError(t, loop.RunUntil(context.Background(), at(scrapes[len(scrapes)-1]+100)))
	require.Zero(t, loop.Pending(), "nobody looks at a pod that is gone")
}

func TestCPUIsTheSlopeBetweenTwoScrapes(t *testing.T) {
	var known []bool
	var last Value
	play(t, DefaultConfig(), busy(0), func(p *Pod, now sim.Time) {
		v, is := p.Value(now, v1.ResourceCPU, "")
		known, last = append(known, is), v
		require.Less(t, now.Sub(v.At), 10*time.Second, "as old as cAdvisor's look")
		if is && now < at(30) {
			require.Equal(t, int64(500), v.Milli)
		}
		memory, _ := p.Value(now, v1.ResourceMemory, "")
		require.Equal(t, int64(111_000), memory.Milli)
		one, _ := p.Value(now, v1.ResourceMemory, "d")
		require.Equal(t, is, one.Milli == 11_000)
	}, 15, 30, 45, 60)
	require.Equal(t, []bool{true, true, true, true}, known)
	require.Equal(t, int64(2000), last.Milli)
}

func TestAPodIsShownWhenAllItsContainersAre(t *testing.T) {
	var known []bool
	play(t, DefaultConfig(), busy(20), func(p *Pod, now sim.Time) {
		_, is := p.Value(now, v1.ResourceCPU, "c")
		known = append(known, is)
	}, 15, 30, 45)
	require.Equal(t, []bool{true, false, true}, known)
}

func TestWithoutDelay(t *testing.T) {
	config := Config{Window: time.Minute}
	play(t, config, busy(0), func(p *Pod, now sim.Time) {
		v, known := p.Value(now, v1.ResourceCPU, "")
		require.True(t, known)
		require.Equal(t, Value{At: now, Window: time.Minute, Milli: map[sim.Time]int64{at(10): 500, at(40): 2000}[now]}, v)
		_, known = p.Value(now, v1.ResourceCPU, "nobody")
		require.False(t, known)
		v, _ = p.Value(now, "nvidia.com/gpu", "")
		require.Zero(t, v.Milli, "nothing but CPU and memory is measured")
	}, 10, 40)
}
