package sched

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"

	"github.com/kube-rehearse/rehearse/sim"
)

func TestPriorityThenArrival(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.add(pod("first"), pod("second"), pod("urgent", "priority", 10), pod("third"))
	assert.Equal(t, []string{"urgent@a", "first@a", "second@a", "third@a"}, w.run())
	assert.Empty(t, w.upstream.SchedulingQueue.InFlightPods(), "the queue keeps every event for pods in flight")
}

func TestRetryOnlyOnEventsThatHelp(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "2"))
	w.add(pod("there", "node", "a", "cpu", 1), pod("big", "cpu", 2))
	assert.Equal(t, []string{"big!"}, w.run())
	assert.NotEqual(t, sim.Never, w.NextFlush())

	w.AddNode(node("small", "cpu", "1"))
	assert.False(t, w.Ready(), "a node too small wakes nobody")
	w.Set(&v1.Service{})
	assert.False(t, w.Ready())
	w.remove("there")
	assert.Equal(t, []string{"big@a"}, w.run())
	assert.Equal(t, sim.Never, w.NextFlush())
}

// Updates wake a pending pod only if they concern what rejected it.
func TestUpdateOfPendingPod(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "taint", "dedicated"))
	w.add(pod("p"))
	assert.Equal(t, []string{"p!"}, w.run())
	w.change("p", func(p *v1.Pod) { p.Annotations = map[string]string{"note": "x"} })
	assert.False(t, w.Ready())
	w.change("p", func(p *v1.Pod) {
		p.Spec.Tolerations = []v1.Toleration{{Key: "dedicated", Operator: v1.TolerationOpExists}}
	})
	assert.Equal(t, []string{"p@a"}, w.run())
}

func TestGates(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	p := pod("p")
	p.Spec.SchedulingGates = []v1.PodSchedulingGate{{Name: "example.com/wait"}}
	w.add(p)
	assert.False(t, w.Ready())
	assert.Equal(t, "SchedulingGates", w.GatedBy(p))

	// Upstream looks at gated pods too, every five minutes, in vain.
	assert.Equal(t, "330s", w.NextFlush().String())
	w.now = w.NextFlush()
	w.Flush()
	assert.False(t, w.Ready())
	assert.Equal(t, "660s", w.NextFlush().String())

	w.change("p", func(p *v1.Pod) { p.Spec.SchedulingGates = nil })
	assert.Empty(t, w.GatedBy(w.pods["p"]))
	assert.Equal(t, []string{"p@a"}, w.run())
	assert.Equal(t, sim.Never, w.NextFlush())
}

func TestOtherScheduler(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
	p := pod("p", "cpu", 1)
	p.Spec.SchedulerName = "other"
	assert.False(t, w.HandlesSchedulerName("other"))
	assert.Equal(t, []string{"default-scheduler"}, w.SchedulerNames())
	w.add(p)
	assert.False(t, w.Ready())
	w.bind("p", "a")
	w.add(pod("q", "cpu", 1))
	assert.Equal(t, []string{"q!"}, w.run(), "an assigned pod of another scheduler counts")
}

func TestPodsThatEndOrVanish(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"succeeded": func(w *world) { w.change("p", func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }) },
		"failed":    func(w *world) { w.change("p", func(p *v1.Pod) { p.Status.Phase = v1.PodFailed }) },
		"deleted":   func(w *world) { w.remove("p") },
		"replaced": func(w *world) {
			w.change("p", func(p *v1.Pod) { p.UID, p.Spec.NodeName, p.Spec.SchedulerName = "new", "", "other" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
			w.add(pod("p", "cpu", 1), pod("q", "cpu", 1))
			assert.Equal(t, []string{"p@a", "q!"}, w.run())
			end(w)
			assert.Equal(t, []string{"q@a"}, w.run())
			w.DeletePod(pod("p", "cpu", 1)) // once more does no harm
			assert.False(t, w.Ready())
		})
	}
}

func TestDeletedWhilePending(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.add(pod("p"), pod("q"))
	w.remove("p")
	w.terminate("q")
	assert.True(t, w.Ready())
	_, ok := w.ScheduleOne()
	assert.False(t, ok, "a pod that is being deleted is skipped")
	assert.False(t, w.Ready())
}

// Unschedulable pods are tried again when they waited for over five minutes,
// at a scan every 30 s.
func TestFlushUnschedulable(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"))
	w.at(12)
	w.add(pod("p", "cpu", 9), pod("q", "cpu", 9))
	assert.Equal(t, []string{"p!", "q!"}, w.run())
	for _, at := range []string{"330s", "660s", "990s"} {
		assert.Equal(t, at, w.NextFlush().String())
		w.now = w.NextFlush() - 1
		w.Flush()
		assert.False(t, w.Ready())
		w.now++
		w.Flush()
		assert.Equal(t, []string{"p!", "q!"}, w.run())
	}
	w.remove("p")
	assert.Equal(t, "1320s", w.NextFlush().String())
	w.remove("q")
	assert.Equal(t, sim.Never, w.NextFlush())
}

// broken is a plugin that fails to reserve.
type broken struct{ failures *int }

func (broken) Name() string { return "Broken" }
func (b broken) Reserve(context.Context, fwk.CycleState, *v1.Pod, string) *fwk.Status {
	if *b.failures == 0 {
		return nil
	}
	*b.failures--
	return fwk.AsStatus(errors.New("out of order"))
}
func (broken) Unreserve(context.Context, fwk.CycleState, *v1.Pod, string) {}

func withPlugin(t testing.TB, p fwk.Plugin) Config {
	cfg, err := LoadConfig(
		[]byte(fmt.Sprintf("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"+
			"profiles: [{schedulerName: default-scheduler, plugins: {multiPoint: {enabled: [{name: %s}]}}}]", p.Name())))
	require.NoError(t, err)
	cfg.WithRegistry(frameworkruntime.Registry{p.Name(): func(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin,
		error) {
		return p, nil
	}})
	return cfg
}

// After an error a pod waits 1, 2, 4, 8, 10, 10 … s; it is moved at the first
// whole second after the one in which its wait ends.
func TestBackoffAfterErrors(t *testing.T) {
	failures := 6
	w := newWorld(t, withPlugin(t, broken{&failures})).nodes(node("a"))
	w.at(0.3)
	w.add(pod("p"))
	var tried []string
	for {
		tried = append(tried, w.now.String())
		r := w.one()
		if r.Node != "" {
			break
		}
		assert.Equal(t, v1.PodReasonSchedulerError, r.Reason)
		assert.Equal(t, "running Reserve plugin \"Broken\": out of order", r.Message)
		for !w.Ready() {
			require.NotEqual(t, sim.Never, w.NextFlush())
			w.now = w.NextFlush()
			w.Flush()
		}
	}
	assert.Equal(t, []string{"0.3s", "2s", "5s", "10s", "19s", "30s", "41s"}, tried)
	assert.Equal(t, sim.Never, w.NextFlush())
}

// Pods in back-off after a rejection come after the active ones, and at once
// when there is none (SchedulerPopFromBackoffQ).
func TestBackoffAfterRejection(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
	w.add(pod("p", "cpu", 2))
	assert.Equal(t, []string{"p!"}, w.run())
	w.at(0.1)
	w.AddNode(node("b", "cpu", "2"))
	w.add(pod("q", "cpu", 1))
	assert.Equal(t, "1s", w.NextFlush().String())
	assert.Equal(t, []string{"q@b", "p!"}, w.run(), "q arrived later but p is in back-off")
}

// The length of the back-off after the n-th rejection.
func TestBackoffLengths(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
	w.add(pod("p", "cpu", 2))
	var got []time.Duration
	for i := range 6 {
		w.at(float64(100 * i))
		require.Len(t, w.run(), 1)
		info := w.queued(keyOf(w.pods["p"]))
		failed := info.Timestamp
		w.AddNode(node(fmt.Sprint("n", i), "cpu", "2")) // moves p to the back-off queue
		got = append(got, info.BackoffExpiration.Sub(failed.Truncate(time.Second)))
		w.add(pod(fmt.Sprint("thief", i), "cpu", 2, "node", fmt.Sprint("n", i)))
	}
	assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second,
		10 * time.Second}, got)
}

func TestBindFailed(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
	w.add(pod("p", "cpu", 1), pod("q", "cpu", 1))
	r, ok := w.ScheduleOne()
	require.True(t, ok)
	assert.Equal(t, "a", r.Node)
	assert.Equal(t, []string{"q!"}, w.run(), "an assumed pod holds its resources")

	failed := w.BindFailed(w.pods["p"])
	assert.Equal(t, v1.PodReasonSchedulerError, failed.Reason)
	assert.Equal(t, Result{}, w.BindFailed(w.pods["p"]))
	assert.Equal(t, []string{"q@a"}, w.run(), "q gets the room while p is in back-off")
	w.at(2)
	w.Flush()
	assert.Equal(t, []string{"p!"}, w.run())
}

func TestDeletedWhileBinding(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"))
	w.add(pod("p", "cpu", 1), pod("q", "cpu", 1))
	_, ok := w.ScheduleOne()
	require.True(t, ok)
	assert.Equal(t, []string{"q!"}, w.run())
	p := w.pods["p"]
	w.remove("p")
	w.Forget(p)
	assert.Equal(t, Result{}, w.BindFailed(p))
	assert.Equal(t, []string{"q@a"}, w.run())
	assert.Empty(t, w.binding)
}

// Bound elsewhere than assumed, by someone else: the cache follows.
func TestBoundElsewhere(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a", "cpu", "1"), node("b", "cpu", "1"))
	w.add(pod("p", "cpu", 1))
	r, _ := w.ScheduleOne()
	other := map[string]string{"a": "b", "b": "a"}[r.Node]
	w.bind("p", other)
	w.add(pod("q", "cpu", 1))
	assert.Equal(t, []string{"q@" + r.Node}, w.run())
	w.bind("q", other) // impossible in a cluster, must not end the process
	w.add(pod("r", "cpu", 1))
	assert.Equal(t, []string{"r@" + r.Node}, w.run())
}

func TestNoUID(t *testing.T) {
	w := newWorld(t, Config{})
	p := pod("p")
	p.UID = ""
	assert.PanicsWithValue(t, "sched: pod default/p has no UID", func() { w.AddPod(p) })
}
