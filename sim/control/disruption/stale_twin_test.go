package disruption

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type resetter func(*v1.Pod, time.Time) (time.Time, []v1.PodCondition)

// targeted is a pod that somebody meant to remove, some time ago.
func targeted(seed uint64, now time.Time) *v1.Pod {
	r := rand.New(rand.NewPCG(seed, 5))
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "p", Generation: r.Int64N(3)}}
	p.Status.Phase = []v1.PodPhase{v1.PodRunning, v1.PodRunning, v1.PodPending, v1.PodSucceeded, v1.PodFailed}[r.IntN(5)]
	if r.IntN(8) > 0 {
		p.Status.Conditions = []v1.PodCondition{{Type: v1.DisruptionTarget, Message: "m", ObservedGeneration: r.Int64N(2),
			Status: []v1.ConditionStatus{v1.ConditionTrue, v1.ConditionTrue, v1.ConditionTrue,
				v1.ConditionFalse}[r.IntN(4)],
			Reason: []string{"EvictionByEvictionAPI", "PreemptionByScheduler",
				v1.PodReasonTerminationByKubelet}[r.IntN(3)],
			LastTransitionTime: metav1.NewTime(now.Add(-time.Duration(r.IntN(240)) * time.Second))}}
	}
	p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{Type: v1.PodReady, Status: v1.ConditionTrue})
	if r.IntN(6) == 0 {
		p.DeletionTimestamp = &metav1.Time{Time: now}
	}
	return p
}

// staleDifference plays five minutes with the real controller and a decider.
func staleDifference(t *testing.T, seed uint64, reset resetter) (found string) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		pod := targeted(seed, start)
		var lines []string
		for at := start; at.Before(start.Add(5 * time.Minute)); {
			again, conditions := reset(pod, at)
			if conditions != nil {
				lines = append(lines, fmt.Sprintf("pod at %s %s", at.UTC().Format(time.RFC3339Nano), show(conditions)))
			}
			if again.IsZero() {
				break
			}
			at = again
		}
		c := newController(t, &scene{pods: []*v1.Pod{pod}})
		c.stale.Add("default/p")
		c.run(5 * time.Minute)
		if want, got := sorted(c.lines), sorted(lines); want != got {
			found = fmt.Sprintf("seed %d: upstream\n%s\ngot\n%s", seed, want, got)
		}
	})
	return found
}

func TestStaleConditionsAreResetAsUpstreamDoes(t *testing.T) {
	resets := 0
	for seed := range uint64(300) {
		require.Empty(t, staleDifference(t, seed, func(p *v1.Pod, now time.Time) (time.Time, []v1.PodCondition) {
			again, conditions := ResetStale(p, now)
			if conditions != nil {
				resets++
			}
			return again, conditions
		}))
	}
	require.Greater(t, resets, 50)
}

func TestBrokenResettersAreCaught(t *testing.T) {
	for name, reset := range map[string]resetter{
		"never": func(*v1.Pod, time.Time) (time.Time, []v1.PodCondition) { return time.Time{}, nil },
		"a second early": func(p *v1.Pod, now time.Time) (time.Time, []v1.PodCondition) {
			return ResetStale(p, now.Add(time.Second))
		},
		"also the kubelet's": func(p *v1.Pod, now time.Time) (time.Time, []v1.PodCondition) {
			p = p.DeepCopy()
			for i := range p.Status.Conditions {
				p.Status.Conditions[i].Reason = ""
			}
			return ResetStale(p, now)
		},
	} {
		caught := false
		for seed := uint64(0); seed < 60 && !caught; seed++ {
			caught = staleDifference(t, seed, reset) != ""
		}
		require.True(t, caught, name)
	}
}
