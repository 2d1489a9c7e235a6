package statefulset

import (
	"context"
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
	store.SetStrategy("StatefulSet", Strategy{})
	flags := manager.DefaultConfig()
	c := New(&manager.Parts{Store: store, Server: manager.NewServer(loop, flags)}, flags.StatefulSet, 10*time.Millisecond)
	store.Watch(c)
	store.WatchPods(c)
	return world{c, records}
}

func (w world) run(t *testing.T, d time.Duration) {
	require.NoError(t, w.Loop.RunUntil(context.Background(), w.Now().Add(d)))
	require.NoError(t, w.Err())
}

func (w world) ready(p *apiserver.Pod) {
	p.Write(apiserver.Everybody, func(next *v1.Pod) {
		next.Status.Phase = v1.PodRunning
		w.SetCondition(next, v1.PodReady, v1.ConditionTrue, "", "")
	})
}

// phases are the turns of rollouts so far.
func (w world) phases() (list []record.RolloutPhase) {
	for _, r := range w.sink.list {
		if r, is := r.(record.Rollout); is {
			list = append(list, r.Phase)
		}
	}
	return list
}

func newStatefulSet(replicas int32) *appsv1.StatefulSet {
	labels := map[string]string{"app": "db"}
	o := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "db", Image: "db:1"}}},
			},
			VolumeClaimTemplates: []v1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}}},
			PersistentVolumeClaimRetentionPolicy: &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
				WhenDeleted: appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
				WhenScaled:  appsv1.RetainPersistentVolumeClaimRetentionPolicyType,
			},
		},
	}
	defaults.SetObjectDefaults_StatefulSet(o)
	return o
}

// A StatefulSet makes its pods one after the other, each with its claim. When it is
// deleted its claims and pods stay for the garbage collector, and one of the
// same name begins with a revision of its own.
func TestLife(t *testing.T) {
	w := newWorld(t)
	o := newStatefulSet(2)
	require.NoError(t, w.Create(o, apiserver.Request{}))
	w.run(t, time.Second)
	require.Len(t, w.PodsOf(o.UID), 1)
	require.Equal(t, []record.RolloutPhase{record.RolloutStarted}, w.phases())

	w.ready(w.Pod("team", "db-0"))
	w.run(t, time.Second)
	require.Len(t, w.PodsOf(o.UID), 2)
	require.Len(t, apiserver.List[*v1.PersistentVolumeClaim](w.Store), 2)
	require.Equal(t, []record.RolloutPhase{record.RolloutStarted}, w.phases())

	w.ready(w.Pod("team", "db-1"))
	w.run(t, time.Second)
	require.Equal(t, []record.RolloutPhase{record.RolloutStarted, record.RolloutComplete}, w.phases())
	more := w.AnotherPods()
	require.Len(t, more, 1)
	require.Equal(t, "team/StatefulSet/db", more[0].Workload)
	require.Empty(t, more[0].Pod.Spec.Volumes)

	now, known := apiserver.Now(w.Store, o)
	require.True(t, known)
	first := apiserver.Owned[*appsv1.ControllerRevision](w.Store, o.UID)
	require.Len(t, first, 1)
	w.Delete(now, record.OwnerDeleted)
	require.Len(t, apiserver.Owned[*v1.PersistentVolumeClaim](w.Store, o.UID), 2)
	require.Len(t, w.PodsOf(o.UID), 2)
	require.Contains(t, w.states, o.UID)

	next := newStatefulSet(1)
	require.NoError(t, w.Create(next, apiserver.Request{}))
	w.run(t, time.Second)
	own := apiserver.Owned[*appsv1.ControllerRevision](w.Store, next.UID)
	require.Len(t, own, 1)
	require.Equal(t, first[0].Name, own[0].Name)
	require.Empty(t, apiserver.Owned[*appsv1.ControllerRevision](w.Store, o.UID))
	require.Empty(t, w.PodsOf(next.UID), "its name is taken")
}

func TestStrategy(t *testing.T) {
	old := newStatefulSet(1)
	old.Generation, old.Status.Replicas = 3, 1
	change := func(f func(*appsv1.StatefulSet)) (*appsv1.StatefulSet, error) {
		next := newStatefulSet(1)
		f(next)
		return next, Strategy{}.PrepareForUpdate(old, next)
	}
	next, err := change(func(*appsv1.StatefulSet) {})
	require.NoError(t, err)
	require.EqualValues(t, 3, next.Generation)
	require.EqualValues(t, 1, next.Status.Replicas)

	next, err = change(func(o *appsv1.StatefulSet) { *o.Spec.Replicas = 2 })
	require.NoError(t, err)
	require.EqualValues(t, 4, next.Generation)

	_, err = change(func(o *appsv1.StatefulSet) { o.Spec.ServiceName = "other" })
	require.EqualError(t, err, `The StatefulSet "db" is invalid: spec: Forbidden: `+onlyMutable)
}
