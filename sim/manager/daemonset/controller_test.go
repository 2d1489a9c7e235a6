package daemonset

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	defaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

type sink struct{ list []record.Record }

func (s *sink) Write(r record.Record) error {
	s.list = append(s.list, r)
	return nil
}

// world is a store with a controller, and pods that nobody runs.
type world struct {
	*Controller
	sink *sink
}

func newWorld(t *testing.T) world {
	loop, records := sim.NewLoop(), &sink{}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	store, err := apiserver.New(record.NewJournal(loop, sim.NewStreams(1, 0), 0, start, records), kinds.Builtin())
	require.NoError(t, err)
	store.SetStrategy("DaemonSet", Strategy{})
	flags := manager.DefaultConfig()
	c := New(&manager.Parts{Store: store, Server: manager.NewServer(loop, flags)}, flags.DaemonSet, 10*time.Millisecond)
	store.Watch(c)
	store.WatchPods(c)
	return world{c, records}
}

func (w world) run(t *testing.T, d time.Duration) {
	require.NoError(t, w.Loop.RunUntil(context.Background(), w.Now().Add(d)))
	require.NoError(t, w.Err())
}

func (w world) join(t *testing.T, name string) {
	o := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"name": name}}}
	require.NoError(t, w.Create(o, apiserver.Request{}))
}

// sizes are the changes of the number of nodes so far.
func (w world) sizes() (list []string) {
	for _, r := range w.sink.list {
		if r, is := r.(record.Scaled); is {
			list = append(list, fmt.Sprintf("%d to %d", r.From, r.To))
		}
	}
	return list
}

func newDaemonSet() *appsv1.DaemonSet {
	labels := map[string]string{"app": "agent"}
	o := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "agent", Image: "agent:1"}}},
			},
		},
	}
	defaults.SetObjectDefaults_DaemonSet(o)
	return o
}

// Every node gets a pod, also one that joins later. Nodes that the run begins with
// are no change of the size.
func TestNodes(t *testing.T) {
	w := newWorld(t)
	w.join(t, "a")
	w.join(t, "b")
	o := newDaemonSet()
	require.NoError(t, w.Create(o, apiserver.Request{}))
	w.Start(sim.Time(time.Hour))
	w.run(t, time.Second)
	require.Len(t, w.PodsOf(o.UID), 2)
	require.Empty(t, w.sizes())

	w.join(t, "c")
	w.run(t, time.Second)
	require.Len(t, w.PodsOf(o.UID), 3)
	require.Equal(t, []string{"2 to 3"}, w.sizes())
	targets := map[string]bool{}
	for _, r := range w.sink.list {
		if r, is := r.(record.PodCreated); is {
			targets[r.For] = true
		}
	}
	require.Equal(t, map[string]bool{"a": true, "b": true, "c": true}, targets)

	// A node that goes wakes nobody, and one of its name comes to the same turn.
	turn := w.states[o.UID].walk.turns["b"]
	require.NotZero(t, turn)
	w.Delete(w.Get(kinds.Node, "", "b"), "")
	w.run(t, time.Second)
	require.Equal(t, []string{"2 to 3"}, w.sizes())
	w.join(t, "b")
	w.run(t, time.Second)
	require.Equal(t, turn, w.states[o.UID].walk.turns["b"])
	require.Len(t, w.states[o.UID].nodes(), 3)
}

// Nodes that a step adds at the beginning were not declared.
func TestNodesOfAStepAtTheBeginning(t *testing.T) {
	w := newWorld(t)
	w.join(t, "a")
	w.Start(sim.Time(time.Hour))
	w.join(t, "b")
	require.NoError(t, w.Create(newDaemonSet(), apiserver.Request{}))
	w.run(t, time.Second)
	require.Equal(t, []string{"1 to 2"}, w.sizes())
}

func TestStrategy(t *testing.T) {
	old := newDaemonSet()
	Strategy{}.PrepareForCreate(old)
	require.EqualValues(t, 1, templateGeneration(old))
	old.Generation = 3
	change := func(f func(*appsv1.DaemonSet)) (*appsv1.DaemonSet, error) {
		next := old.DeepCopy()
		f(next)
		return next, Strategy{}.PrepareForUpdate(old, next)
	}
	next, err := change(func(o *appsv1.DaemonSet) { o.Spec.MinReadySeconds = 5 })
	require.NoError(t, err)
	require.EqualValues(t, 4, next.Generation)
	require.EqualValues(t, 1, templateGeneration(next))

	next, err = change(func(o *appsv1.DaemonSet) { o.Spec.Template.Spec.Containers[0].Image = "agent:2" })
	require.NoError(t, err)
	require.EqualValues(t, 4, next.Generation)
	require.EqualValues(t, 2, templateGeneration(next))

	_, err = change(func(o *appsv1.DaemonSet) { o.Spec.Selector.MatchLabels["app"] = "other" })
	require.ErrorContains(t, err, `The DaemonSet "agent" is invalid: spec.selector: Invalid value: `)
	require.ErrorContains(t, err, "field is immutable")
}
