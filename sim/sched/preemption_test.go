package sched

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	plfeature "k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	upstream "k8s.io/kubernetes/pkg/scheduler/framework/preemption"
)

func budget(name string, allowed int, apps ...string) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{
			MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: apps}}}},
		Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: int32(allowed)},
	}
}

// Fewest violated budgets, then the lowest priority, then the fewest victims,
// then the youngest, then the first by name.
func TestPreemptionOrder(t *testing.T) {
	started := func(p *v1.Pod, second int) *v1.Pod {
		start := metav1.NewTime(testEpoch.Add(time.Duration(second) * time.Second))
		p.Status.StartTime = &start
		return p
	}
	for _, test := range []struct {
		name    string
		there   []*v1.Pod
		budgets []*policyv1.PodDisruptionBudget
		want    string
	}{
		{"budget", []*v1.Pod{pod("x", "node", "a", "cpu", 4, "priority", 1, "app", "x"),
			pod("y", "node", "b", "cpu", 4, "priority", 2)},
			[]*policyv1.PodDisruptionBudget{budget("x", 0, "x")}, "b"},
		{"priority", []*v1.Pod{pod("x", "node", "a", "cpu", 4, "priority", 2),
			pod("y", "node", "b", "cpu", 4, "priority", 1)}, nil, "b"},
		{"number", []*v1.Pod{pod("x", "node", "a", "cpu", 2), pod("x2", "node", "a", "cpu", 2),
			pod("y", "node", "b", "cpu", 4)}, nil, "b"},
		{"youngest", []*v1.Pod{started(pod("x", "node", "a", "cpu", 4), 5), started(pod("y", "node", "b", "cpu", 4), 6)}, nil,
			"b"},
		{"not started is younger", []*v1.Pod{started(pod("x", "node", "a", "cpu", 4), 5), pod("y", "node", "b", "cpu", 4)},
			nil, "b"},
		{"name", []*v1.Pod{pod("x", "node", "b", "cpu", 4), pod("y", "node", "a", "cpu", 4)}, nil, "a"},
		// Counted in the order of the budgets' names, a has one violation (its
		// second pod finds budget 2 unused); in the other order it would have
		// two, as b has, whose victims are less important.
		{"two budgets for a pod", []*v1.Pod{
			pod("x", "node", "a", "cpu", 2, "priority", 3, "app", "x"), pod("y", "node", "a", "cpu", 2, "priority", 2, "app",
				"y"),
			pod("u", "node", "b", "cpu", 2, "priority", 1, "app", "z"), pod("v", "node", "b", "cpu", 2, "priority", 1, "app",
				"z"),
		}, []*policyv1.PodDisruptionBudget{budget("1", 0, "x"), budget("2", 1, "x", "y"), budget("3", 0, "z")}, "a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 10 { // chance must have no part in it
				w := newWorld(t, Config{}).nodes(node("b"), node("a"))
				for _, b := range test.budgets {
					w.Set(b)
				}
				w.add(test.there...)
				w.add(pod("p", "cpu", 4, "priority", 10))
				r := w.one()
				require.Equal(t, test.want, r.NominatedNode)
				for _, v := range r.Victims {
					require.Equal(t, test.want, v.Pod.Spec.NodeName)
				}
			}
		})
	}
}

// A pod whose victims are on their way out is not given more of them, nor is
// the room taken by a pod of lower priority; a more important one may take
// it, and then the nomination is void.
func TestNomination(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.add(pod("low", "node", "a", "cpu", 4))
	w.add(pod("mid", "cpu", 4, "priority", 5))
	r := w.one()
	require.Equal(t, "a", r.NominatedNode)
	w.change("mid", func(p *v1.Pod) { p.Status.NominatedNodeName = "a" })
	w.terminate("low")
	w.add(pod("small", "cpu", 1))
	r = w.one()
	assert.Equal(t, "small", r.Pod.Name)
	assert.Empty(t, r.Victims)
	assert.Empty(t, r.NominatedNode)

	w.add(pod("high", "cpu", 4, "priority", 9))
	r = w.one()
	assert.Equal(t, "high", r.Pod.Name)
	assert.Equal(t, "a", r.NominatedNode)
	assert.Empty(t, r.Victims, "the victim is on its way out already")
	require.Len(t, r.Denominated, 1)
	assert.Equal(t, "mid", r.Denominated[0].Name)
	w.change("high", func(p *v1.Pod) { p.Status.NominatedNodeName = "a" })
	w.change("mid", func(p *v1.Pod) { p.Status.NominatedNodeName = "" })
	w.remove("low")
	assert.Contains(t, w.run(), "high@a")
	assert.Empty(t, w.pods["mid"].Spec.NodeName)
}

// From the moment it is placed, a nominated pod counts once.
func TestNominatedPodIsPlaced(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "pods", "2"))
	w.add(pod("low", "node", "a", "cpu", 4))
	w.add(pod("high", "cpu", 2, "priority", 5))
	require.Equal(t, "a", w.one().NominatedNode)
	w.change("high", func(p *v1.Pod) { p.Status.NominatedNodeName = "a" })
	w.remove("low")
	r, ok := w.ScheduleOne()
	require.True(t, ok)
	require.Equal(t, "a", r.Node)
	w.add(pod("next", "cpu", 2))
	assert.Equal(t, []string{"next@a"}, w.run())
}

// A pod for which others are deleted is not tried again while that goes on: the end
// of the first of them leaves it waiting, that of the last one doesn't.
func TestPreemptorWaitsForTheLastVictim(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.add(pod("low-0", "node", "a", "cpu", 2), pod("low-1", "node", "a", "cpu", 2))
	w.add(pod("high", "cpu", 4, "priority", 5))
	r, ok := w.ScheduleOne()
	require.True(t, ok)
	require.Len(t, r.Victims, 2)
	w.change("high", func(p *v1.Pod) { p.Status.NominatedNodeName = r.NominatedNode })
	w.at(20)
	w.remove(r.Victims[0].Pod.Name)
	require.False(t, w.Ready())
	w.Preempted(r.Pod)
	require.False(t, w.Ready(), "it waits for an event")
	w.remove(r.Victims[1].Pod.Name)
	require.True(t, w.Ready())
	require.Equal(t, []string{"high@a"}, w.run())
}

// A pod that is deleted and made again while its cycle is about to begin is not
// placed in that cycle.
func TestPodIsMadeAgainBeforeItsCycle(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.add(pod("p", "cpu", 1))
	require.True(t, w.Take())
	w.remove("p")
	again := pod("p", "cpu", 1)
	again.UID = "again"
	w.add(again)
	require.Nil(t, w.Try().Pod)
	require.Equal(t, []string{"p@a"}, w.run())
}

type candidate struct {
	name    string
	victims *extenderv1.Victims
}

func (c candidate) Name() string                 { return c.name }
func (c candidate) Victims() *extenderv1.Victims { return c.victims }
func (c candidate) NumPodGroupDisruptions() int  { return 0 }

// Where upstream's choice among candidates is not left to chance, ours is the
// same; where it is, ours is one that upstream makes.
func TestCandidateOfUpstream(t *testing.T) {
	w := newWorld(t, Config{})
	args := &schedconfig.DefaultPreemptionArgs{MinCandidateNodesPercentage: 10, MinCandidateNodesAbsolute: 100}
	gates := plfeature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate)
	pl, err := defaultpreemption.New(w.ctx, args, w.profiles["default-scheduler"].Framework, gates)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	unique := 0
	for range 400 {
		var candidates []upstream.Candidate
		for i := range 2 + rng.IntN(4) {
			victims := &extenderv1.Victims{NumPDBViolations: int64(rng.IntN(2))}
			for j := range 1 + rng.IntN(2) {
				p := pod(fmt.Sprint(i, j), "priority", rng.IntN(2))
				start := metav1.NewTime(testEpoch.Add(time.Duration(rng.IntN(2)) * time.Hour))
				p.Status.StartTime = &start
				victims.Pods = append(victims.Pods, p)
			}
			candidates = append(candidates, candidate{fmt.Sprint("n", i), victims})
		}
		pl.Evaluator.Interface = pl
		possible := map[string]bool{}
		for range 60 {
			possible[pl.Evaluator.SelectCandidate(context.Background(), candidates).Name()] = true
		}
		pl.Evaluator.Interface = &orderly{DefaultPreemption: pl}
		require.True(t, possible[pl.Evaluator.SelectCandidate(context.Background(), candidates).Name()])
		if len(possible) == 1 {
			unique++
		}
	}
	assert.Greater(t, unique, 100)
}
