package report

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// The numbers of the hand-made troubles, reckoned by hand.
func TestMetricsOfTrouble(t *testing.T) {
	want := map[string]float64{
		"service.availability " + llmSvc:              1300.0 / 1383,
		"service.failed " + llmSvc:                    83,
		"service.failed.no-endpoint " + llmSvc:        80,
		"service.failed.no-such-host " + llmSvc:       0,
		"service.failed.connection-refused " + llmSvc: 0,
		"service.failed.killed-in-flight " + llmSvc:   3,
		"service.failed.queue-full " + llmSvc:         0,
		"service.failed.timeout " + llmSvc:            0,
		"service.outage.longest " + llmSvc:            120,
		"service.endpoints.min " + llmSvc:             0,
		"workload.ready.min " + llm:                   0,
		"workload.rollout.duration " + llm:            math.Inf(1),
		"workload.rollout.unfinished " + llm:          1,
		"workload.oom.kills " + llm:                   1,
		"workload.restarts " + llm:                    2,
		"workload.headroom " + llm:                    0,
		"workload.oom.kills " + batch:                 0,
		"workload.restarts " + batch:                  0,
		"pods.pending":                                2,
		"pods.pending.longest":                        3600,
		"oom.kills":                                   1,
		"steps.failed":                                0,
		"pool.requested.cpu gpu":                      2 / 3.92,
		"pool.requested.memory gpu":                   12.0 / 14,
		"pool.requested.gpu gpu":                      1,
		"service.failed.dependency-failed " + llmSvc:  0,
		"service.failed.unavailable " + llmSvc:        0,
		"service.failed.too-long " + llmSvc:           0,
		"workload.model.preemptions " + llm:           4,
		"workload.oom.system " + llm:                  0,
		"workload.oom.gpu " + llm:                     0,
		"workload.refused " + llm:                     0,
		"workload.refused serving/Job/embed":          0,
		"workload.evicted " + llm:                     0,
		"workload.oom.system serving/Job/embed":       0,
		"workload.oom.gpu serving/Job/embed":          0,
		"workload.evicted serving/Job/embed":          0,
		"workload.model.cache.peak " + llm:            0.75,
		"service.failed.rate-limited " + llmSvc:       0,
		"service.failed.error " + llmSvc:              0,
		"service.failed.canceled " + llmSvc:           0,
		"service.retries " + llmSvc:                   13.0 / 1383,
		"service.sessions.lost " + llmSvc:             6,
		"workload.cpu.throttled " + llm:               0.05,
		"service.turns.failed " + llmSvc:              0,
		"service.downtime " + llmSvc:                  120,
		"service.downtime.rollout " + llmSvc:          0, // which is stuck, and keeps the old pod
		"service.downtime.drain " + llmSvc:            0,
		"service.downtime.oom " + llmSvc:              120,
		"service.downtime.machine " + llmSvc:          0,
		"service.downtime.scale-down " + llmSvc:       0,
		"service.downtime.other " + llmSvc:            0,
	}
	near := map[string]float64{
		// 400 values 1.000 … 1.399 and 900 values 1.000 … 1.899
		"service.latency.p50 " + llmSvc:       1.325,
		"service.latency.p95 " + llmSvc:       1.834,
		"service.latency.p99 " + llmSvc:       1.886,
		"service.errorBudget.spent " + llmSvc: 83 / (0.001 * 1383),
		"cost.usdPerHour":                     2 * 0.5534,
		// 1300 values of 0.5 s and of 20 ms
		"service.firstToken.p50 " + llmSvc: 0.5,
		"service.firstToken.p95 " + llmSvc: 0.5,
		"service.firstToken.p99 " + llmSvc: 0.5,
		"service.perToken.p50 " + llmSvc:   0.02,
		"service.perToken.p95 " + llmSvc:   0.02,
		"service.perToken.p99 " + llmSvc:   0.02,
		// 2000 s below 7.25 Gi, 100 s in [11.75, 12) Gi: 2079 of 2100 s
		"workload.memory.p99 " + llm: (11.75 + 0.25*79/100) / 12,
	}
	got := troubleTape().build(t).Values
	for key, values := range got {
		switch v := float64(values[0]); {
		case math.IsNaN(v):
			require.NotContains(t, want, key)
			require.NotContains(t, near, key)
		case near[key] != 0:
			require.InEpsilon(t, near[key], v, 0.008, key)
		default:
			require.Contains(t, want, key)
			require.Equal(t, want[key], v, key)
		}
	}
	require.GreaterOrEqual(t, len(got), len(want)+len(near))
	for key := range want {
		require.Contains(t, got, key)
	}
}

// ready.min and the waits, against a twin that looks at the whole history for
// every instant.
func TestReadyAndPendingAgainstTwin(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		tp := &tape{}
		run := agentRun(1)
		run.Workloads[0].Replicas = int32(1 + rng.IntN(3))
		tp.add(run)
		history := randomPods(tp, rng)
		tp.end(100 * time.Second)
		r := tp.build(t)

		wantMin, wantPending, wantLongest := twin(history, int(run.Workloads[0].Replicas))
		gotMin := float64(r.Values["workload.ready.min "+agent][0])
		if wantMin < 0 {
			require.True(t, math.IsNaN(gotMin), seed)
		} else {
			require.Equal(t, float64(wantMin), gotMin, seed)
		}
		require.EqualValues(t, wantPending, r.Values["pods.pending"][0], seed)
		require.InDelta(t, wantLongest, float64(r.Values["pods.pending.longest"][0]), 1e-9, seed)
	}
}

// life is when things happened to a pod, in seconds; 0 is never.
type life struct{ created, scheduled, ready, unready, deleting, gone int }

// randomPods writes pods down whose lives overlap; one thing happens a second.
func randomPods(tp *tape, rng *rand.Rand) []*life {
	var history []*life
	for second := 1; second < 100; second++ {
		now := tp.at(time.Duration(second) * time.Second)
		i := rng.IntN(len(history) + 1)
		if i == len(history) {
			if i < 12 {
				history = append(history, &life{created: second})
				tp.add(record.PodCreated{At: now, Pod: podName(i), Owner: agent})
			}
			continue
		}
		p, name := history[i], podName(i)
		switch step := rng.IntN(5); {
		case p.gone > 0:
		case p.deleting > 0:
			p.gone = second
			tp.add(record.PodGone{At: now, Pod: name})
		case step == 0:
			p.deleting = second
			tp.add(record.PodDeleting{At: now, Pod: name})
		case p.scheduled == 0:
			p.scheduled = second
			tp.add(record.PodScheduled{At: now, Pod: name, Node: "cpu-1"})
		case p.ready == 0:
			p.ready = second
			tp.add(record.PodReady{At: now, Pod: name, Ready: true})
		case p.unready == 0 && step == 1:
			p.unready = second
			tp.add(record.PodReady{At: now, Pod: name})
		}
	}
	return history
}

func podName(i int) string { return "ai-agents/p" + string(rune('a'+i)) }

func twin(history []*life, replicas int) (readyMin, pending int, longest float64) {
	readyMin = -1
	by := func(t, second int) bool { return t > 0 && t <= second }
	for second := 1; second <= 100; second++ {
		ready := 0
		for _, p := range history {
			if by(p.ready, second) && !by(p.unready, second) && !by(p.deleting, second) {
				ready++
			}
		}
		if readyMin < 0 && ready >= replicas || readyMin >= 0 && ready < readyMin {
			readyMin = ready
		}
	}
	for _, p := range history {
		until := 100
		switch {
		case p.scheduled > 0:
			until = p.scheduled
		case p.deleting > 0:
			until = p.deleting
		default:
			pending++
		}
		longest = max(longest, float64(until-p.created))
	}
	return readyMin, pending, longest
}

// A rollout that another replaces before it is complete counts as unfinished.
func TestSupersededRollout(t *testing.T) {
	tp := &tape{}
	tp.add(agentRun(1))
	phase := func(s time.Duration, phase record.RolloutPhase, revision string) {
		tp.add(record.Rollout{At: tp.at(s * time.Second), Workload: agent, Phase: phase, Revision: revision})
	}
	phase(0, "started", "a")
	phase(5, "complete", "a")
	phase(10, "started", "b")
	phase(20, "started", "a")
	phase(27, "complete", "a")
	tp.end(time.Minute)
	r := tp.build(t)
	require.EqualValues(t, 1, r.Values["workload.rollout.unfinished "+agent][0])
	require.True(t, math.IsInf(float64(r.Values["workload.rollout.duration "+agent][0]), 1))
	require.Len(t, r.Workloads[agent].Rollouts, 3)
	require.Equal(t, sim.Time(27e9), *r.Workloads[agent].Rollouts[2].Complete)
	require.EqualValues(t, 7, r.Workloads[agent].Rollouts[2].Duration.Mean)
}
