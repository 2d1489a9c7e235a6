package plan_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// The highest load lies between what carries and what breaks, which are close, wherever
// it is.
func TestHighestLoad(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		limit := math.Exp2(20*r.Float64() - 10)
		tried := 0
		carries, breaks, err := plan.Highest(func(factor float64) (bool, error) {
			tried++
			return factor <= limit, nil
		})
		require.NoError(t, err)
		require.LessOrEqual(t, carries, limit)
		require.Greater(t, breaks, limit)
		require.LessOrEqual(t, breaks/carries, 1.021)
		require.LessOrEqual(t, tried, 20)
	}
	for holds, want := range map[bool][2]float64{true: {1024, math.Inf(1)}, false: {0, 1. / 1024}} {
		carries, breaks, err := plan.Highest(func(float64) (bool, error) { return holds, nil })
		require.NoError(t, err)
		assert.Equal(t, want, [2]float64{carries, breaks})
	}
}

func TestGrowth(t *testing.T) {
	g, err := plan.ParseGrowth("5%/month")
	require.NoError(t, err)
	assert.InDelta(t, 14.2, float64(g.Until(2).Periods), 0.01, "1.05^14.2 is 2")
	assert.Zero(t, g.Until(0.9).Periods)
	assert.Zero(t, g.Until(0).Periods)
	assert.Equal(t, "growing by 5 % a month, it is carried for longer than is looked", g.Until(math.Inf(1)).String())
	assert.Equal(t, "growing by 5 % a month, it is carried for 14 months more", g.Until(2).String())
	for _, text := range []string{"5", "5%", "5/month", "5%/minute", "-5%/month", "0%/month", "1e9%/day", "NaN%/day"} {
		_, err := plan.ParseGrowth(text)
		require.Error(t, err, text)
	}
}

func at(rep int, seconds float64) record.At {
	return record.At{Replication: rep, T: sim.Time(seconds * 1e9)}
}

// A pod that is lost is missing until another one is ready; what never comes back counts
// as infinite, and Jobs do not count.
func TestWholeness(t *testing.T) {
	const web, batch = "d/Deployment/web", "d/Job/b"
	run := record.Run{Workloads: []record.Workload{{Key: web, Replicas: 2}, {Key: batch, Replicas: 5,
		Strategy: record.Strategy{Jobs: &record.JobPlan{}}}}}
	first := func(rep int) []record.Record {
		return []record.Record{
			record.PodCreated{At: at(rep, 1), Pod: "d/a", Owner: web}, record.PodCreated{At: at(rep, 1), Pod: "d/b", Owner: web},
			record.PodReady{At: at(rep, 5), Pod: "d/a", Ready: true}, record.PodReady{At: at(rep, 6), Pod: "d/b", Ready: true},
			record.PodScheduled{At: at(rep, 2), Pod: "d/a", Node: "n"},
			record.PodScheduled{At: at(rep, 2), Pod: "d/b", Node: "m"},
			record.NodeChanged{At: at(rep, 100), Node: "n", Phase: record.NodeFailed}, // nobody knows before 40 s are over
		}
	}
	back := append(append([]record.Record{run}, first(0)...),
		record.PodCreated{At: at(0, 400), Pod: "d/c", Owner: web}, record.PodDeleting{At: at(0, 400), Pod: "d/a"},
		record.PodReady{At: at(0, 450), Pod: "d/c", Ready: true}, record.PodGone{At: at(0, 460), Pod: "d/a"},
		record.End{At: at(0, 900)})
	w := plan.NewWholeness(sim.Time(100e9))
	for _, r := range back {
		require.NoError(t, w.Add(r))
	}
	assert.Zero(t, w.Short)
	assert.EqualValues(t, 350, w.Back)
	for _, r := range append(first(1), record.End{At: at(1, 900)}) {
		require.NoError(t, w.Add(r))
	}
	assert.Equal(t, 1, w.Short, "of the worst replication")
	assert.True(t, math.IsInf(float64(w.Back), 1))
}

func TestWhatSurvives(t *testing.T) {
	l := &plan.Losses{At: 60e9, Replications: 2, Losses: []plan.Loss{{Of: "node a", Nodes: []string{"a"}, Survived: true},
		{Of: "zone z", Nodes: []string{"a", "b"}, Short: 2, Back: 7}}}
	var out bytes.Buffer
	require.NoError(t, plan.WriteLosses(&out, l, "text"))
	assert.Contains(t, out.String(), "N-1  it survives the loss of 1 of 2 nodes and zones; each is lost alone, at 1m00s")
	l.Losses = l.Losses[:1]
	out.Reset()
	require.NoError(t, plan.WriteLosses(&out, l, "md"))
	assert.Contains(t, out.String(), "the loss of any of 1 node;")
}
