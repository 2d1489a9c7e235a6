package metricsserver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// meter is a container whose sums are rounded at each look, as those of a kubelet are.
// A task of it can only be followed in time.
type meter struct {
	loop        *sim.Loop
	pod         *Pod
	last        sim.Time
	used, cores float64
	bytes       float64
	task        bool
}

func (m *meter) advance(to sim.Time) {
	m.used += (to - m.last).Seconds() * m.cores
	m.last = to
}

func (m *meter) Use(at sim.Time) []Use {
	m.advance(at)
	if m.task { // as a group of tasks, which nobody can ask about the past
		m.used += float64(m.loop.Now()-at) * 1e-3
	}
	return []Use{{"c", m.used, m.bytes}}
}

func (m *meter) Pass(first sim.Time, period time.Duration, looks int) {
	for i := range looks {
		m.advance(first.Add(time.Duration(i) * period))
	}
}

func (m *meter) Busy() bool     { return m.task }
func (m *meter) Constant() bool { return !m.task && m.cores == 0 }

// cruised plays a random course and lists what was shown. forget names a notice that
// the pod does not get.
func cruised(t *testing.T, seed uint64, ticking bool, forget string) (shown []string) {
	r := rand.New(rand.NewPCG(seed, 3))
	loop := sim.NewLoop()
	config := Config{Resolution: time.Duration(5+r.IntN(60)) * time.Second,
		Housekeeping: time.Duration(1+r.IntN(40)) * time.Second, Ticking: ticking}
	m := &meter{loop: loop, pod: &Pod{}, cores: r.Float64()}
	m.pod.Watch(0, loop, config, rand.New(rand.NewPCG(seed, 4)), m)
	end := sim.Time(2 * time.Hour)
	var steady Value
	since := sim.Never
	for now := sim.Time(0); now < end; now += sim.Time(r.Int64N(int64(10 * time.Minute))) {
		action, value := r.IntN(7), r.Float64()
		loop.At(now, sim.PhaseMachine, sim.Func(func(now sim.Time) {
			notice := func(name string, give func(sim.Time)) {
				if name != forget {
					give(now)
				}
			}
			switch action {
			case 0, 1:
				notice("touch", m.pod.Touch)
				m.advance(now)
				m.cores, m.bytes = float64(action)*value, value*1e9
			case 2:
				notice("wake", m.pod.Wake)
				m.advance(now)
				m.task = true
			case 3:
				notice("touch", m.pod.Touch)
				m.advance(now)
				m.task = false
			case 4:
				m.pod.Scrape(now, value < 0.7)
			default:
				cpu, known := m.pod.Value(now, v1.ResourceCPU, "")
				bytes, _ := m.pod.Value(now, v1.ResourceMemory, "c")
				shown = append(shown, fmt.Sprint(now, cpu, known, bytes, m.last))
				if since != sim.Never && m.pod.Steady(since) && steady.Milli != cpu.Milli+bytes.Milli {
					shown = append(shown, "not steady")
				}
				since, steady.Milli = now, cpu.Milli+bytes.Milli
			}
		}))
	}
	require.NoError(t, loop.RunUntil(context.Background(), end))
	m.pod.Stop(end)
	return append(shown, fmt.Sprint(m.used))
}

// What is made up for is, to the last bit, what looks in time would have found.
func TestCruisingIsAsTicking(t *testing.T) {
	for seed := range uint64(300) {
		require.Equal(t, cruised(t, seed, true, ""), cruised(t, seed, false, ""), "seed %d", seed)
	}
}

// A notice that does not come has to be seen.
func TestAForgottenNoticeIsSeen(t *testing.T) {
	for _, notice := range []string{"touch", "wake"} {
		seen := false
		for seed := range uint64(300) {
			seen = seen || fmt.Sprint(cruised(t, seed, true, "")) != fmt.Sprint(cruised(t, seed, false, notice))
		}
		require.True(t, seen, notice)
	}
}
