package daemonset

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type decider func(View, time.Time) ([]Action, error)

// difference plays a history and lets the real controller judge every decision
// of it: the same writes with the same content, events and requeues, in the
// same order; "" when all are equal. What the decider decides happens.
func difference(t *testing.T, seed uint64, decide decider) (found string, decisions, writes int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, time.Now())
		u := newUpstream(t, w)
		for i := range 40 {
			w.now = time.Now()
			u.sync()
			// What upstream chose is on nodes that are there, or it can't be told.
			lost := false
			for name := range u.chosen {
				lost = lost || w.node(name) == nil
			}
			v := w.view(u.chosen, u.deleted)
			before := text(v)
			actions, err := decide(v, w.now)
			require.NoError(t, err)
			require.Equal(t, before, text(v), "the view is read-only")
			form := canonical
			if lost {
				form = outline
			}
			real, ours := form(u.log), form(w.ours(actions))
			if strings.Join(real, "\n") != strings.Join(ours, "\n") {
				found = fmt.Sprintf("seed %d step %d:\nupstream\n%s\nours\n%s", seed, i, strings.Join(real, "\n"),
					strings.Join(ours, "\n"))
				return
			}
			w.apply(actions)
			decisions++
			if len(actions) > 0 {
				writes++
			}
			time.Sleep(w.pause())
			w.now = time.Now()
			w.live()
			if w.r.IntN(3) == 0 {
				w.step()
			}
		}
	})
	return found, decisions, writes
}

func (w *world) pause() time.Duration {
	if w.r.IntN(30) == 0 {
		return time.Hour
	}
	return time.Duration(1+w.r.IntN(5000)) * time.Millisecond
}

func TestEqualToUpstream(t *testing.T) {
	var decisions, writes int
	for seed := range uint64(300) {
		found, d, n := difference(t, seed, Sync)
		require.Empty(t, found)
		decisions, writes = decisions+d, writes+n
	}
	require.Equal(t, 12_000, decisions)
	require.Greater(t, writes, 6_000)
}

// TestBrokenDecidersAreCaught shows that the comparison can fail.
func TestBrokenDecidersAreCaught(t *testing.T) {
	without := func(drop func(Action) bool) decider {
		return func(v View, now time.Time) ([]Action, error) {
			actions, err := Sync(v, now)
			var kept []Action
			for _, a := range actions {
				if !drop(a) {
					kept = append(kept, a)
				}
			}
			return kept, err
		}
	}
	seeing := func(change func(*View)) decider {
		return func(v View, now time.Time) ([]Action, error) {
			real := v.DaemonSet
			v.DaemonSet = v.DaemonSet.DeepCopy()
			change(&v)
			actions, err := Sync(v, now)
			for i, a := range actions { // what is changed is not what differs
				if c, is := a.(CreatePods); is {
					c.DaemonSet = real
					actions[i] = c
				}
			}
			return actions, err
		}
	}
	pods := func(edit func(*v1.Pod)) func(*View) {
		return func(v *View) {
			list := v.Pods
			v.Pods = nil
			for _, pod := range list {
				pod = pod.DeepCopy()
				edit(pod)
				v.Pods = append(v.Pods, pod)
			}
		}
	}
	is := func(a, b Action) bool { return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) }
	for name, decide := range map[string]decider{
		"early":             func(v View, now time.Time) ([]Action, error) { return Sync(v, now.Add(-2*time.Second)) },
		"forgets failures":  seeing(func(v *View) { v.Failures = nil }),
		"tells nobody":      without(func(a Action) bool { return is(a, Event{}) }),
		"never looks again": without(func(a Action) bool { return is(a, RequeueAfter{}) }),
		"never gives up":    without(func(a Action) bool { return is(a, DeleteRevision{}) }),
		"blind to the end of pods": seeing(pods(func(pod *v1.Pod) {
			if pod.DeletionTimestamp == nil {
				pod.Status.Phase = v1.PodRunning
			}
		})),
		"counts the dying": seeing(pods(func(pod *v1.Pod) { pod.DeletionTimestamp = nil })),
		"blind to taints": seeing(func(v *View) {
			list := v.Nodes
			v.Nodes = nil
			for _, node := range list {
				node = node.DeepCopy()
				node.Spec.Taints = nil
				v.Nodes = append(v.Nodes, node)
			}
		}),
		"one more unavailable": seeing(func(v *View) {
			if r := v.DaemonSet.Spec.UpdateStrategy.RollingUpdate; r != nil && r.MaxSurge.IntValue() == 0 &&
				r.MaxSurge.Type == intstr.Int {
				n, _ := intstr.GetScaledValueFromIntOrPercent(r.MaxUnavailable, len(v.Nodes), true)
				r.MaxUnavailable.Type, r.MaxUnavailable.IntVal = intstr.Int, int32(max(1, n)+1)
			}
		}),
		"surges by one": seeing(func(v *View) {
			if r := v.DaemonSet.Spec.UpdateStrategy.RollingUpdate; r != nil && r.MaxSurge.String() != "0" {
				*r.MaxSurge = intstr.FromInt32(1)
			}
		}),
		"updates on deletion": seeing(func(v *View) {
			if v.DaemonSet.Spec.UpdateStrategy.Type == apps.OnDeleteDaemonSetStrategyType {
				v.DaemonSet.Spec.UpdateStrategy = rolling(intstr.FromInt32(1), intstr.FromInt32(0))
			}
		}),
		"ignores minReadySeconds": seeing(func(v *View) { v.DaemonSet.Spec.MinReadySeconds = 0 }),
	} {
		caught := false
		for seed := uint64(0); seed < 60 && !caught; seed++ {
			found, _, _ := difference(t, seed, decide)
			caught = found != ""
		}
		require.True(t, caught, name)
	}
}
