package keda

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/manager/autoscaling"
	"github.com/kube-rehearse/rehearse/sim/manager/garbage"
	"github.com/kube-rehearse/rehearse/sim/manager/quota"
	"github.com/kube-rehearse/rehearse/sim/metrics"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// cluster is a store with KEDA, the autoscaler and what they ask. Its
// Deployments have as many replicas as they want, at once.
type cluster struct {
	*apiserver.Store
	apis *metrics.APIs
	told []string
}

func (c *cluster) Write(r record.Record) error {
	switch r := r.(type) {
	case record.Scaled:
		c.told = append(c.told, fmt.Sprintf("%s %s %d -> %d", r.T, r.By, r.From, r.To))
	case record.CreationRefused:
		c.told = append(c.told, fmt.Sprintf("%s %s of %s for %s: %s", r.T, r.Object, r.Workload, r.By, r.Policy))
	case record.Activation:
		c.told = append(c.told, fmt.Sprintf("%s %v %s", r.T, r.Active, r.Reason))
	}
	return nil
}

func (c *cluster) Changed(change apiserver.Change) {
	if d, is := change.New.(*appsv1.Deployment); is && d.Status.Replicas != *d.Spec.Replicas {
		next := d.DeepCopy()
		next.Status.Replicas = *d.Spec.Replicas
		c.Fail(c.UpdateStatus(d, next))
	}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{}
	loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
	extension := Extension()
	journal := record.NewJournal(loop, streams, 0, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), c)
	store, err := apiserver.New(journal, kinds.Builtin().With(extension.Kinds...))
	require.NoError(t, err)
	c.Store = store
	network := load.NewNetwork(loop, streams, 0, sim.Time(10*time.Second), store.Record)
	c.apis = metrics.New(store, metrics.Config{}, metrics.Sources{
		Network: network, Queue: func(string) *load.Service { return nil },
	})
	parts := &manager.Parts{
		Store: store, Server: manager.NewServer(loop, manager.DefaultConfig()), Metrics: c.apis,
		OperatorTime: time.Millisecond,
	}
	scaler := autoscaling.New(parts, c.apis, autoscaling.Options{
		Workers: 1, Latency: 10 * time.Millisecond, Answers: time.Millisecond,
	})
	c.apis.Autoscaled = scaler.Autoscaled
	operator, err := extension.New(parts)
	require.NoError(t, err)
	store.Watch(c)
	store.Watch(quota.New(parts, 1, 10*time.Millisecond, 0))
	store.Watch(garbage.New(parts, manager.DefaultConfig(), 10*time.Millisecond))
	store.Watch(scaler)
	store.Watch(operator.(apiserver.Watcher))
	store.SetStrategy("HorizontalPodAutoscaler", autoscaling.Strategy{})
	c.apis.Start(sim.Never)
	return c
}

// apply creates a Deployment without pods, and a ScaledObject by a metric of 10 a
// replica.
func (c *cluster) apply(t *testing.T, change func(*keda.ScaledObject)) {
	t.Helper()
	none := int32(0)
	require.NoError(t, c.Create(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "jobs", Name: "worker"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &none, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "worker"}},
		},
	}, apiserver.Request{}))
	o := &keda.ScaledObject{
		ObjectMeta: metav1.ObjectMeta{Namespace: "jobs", Name: "worker"},
		Spec: keda.Spec{
			ScaleTargetRef: &keda.TargetRef{Name: "worker"},
			Triggers:       []keda.Trigger{{Type: "redis", Metadata: map[string]string{"listName": "jobs", "listLength": "10"}}},
		},
	}
	change(o)
	require.NoError(t, c.Create(o, apiserver.Request{}))
}

// at lets the time go on until some seconds, and then does something.
func (c *cluster) at(t *testing.T, seconds int, do func()) {
	t.Helper()
	require.NoError(t, c.Loop.RunUntil(context.Background(), sim.Time(seconds)*sim.Time(time.Second)))
	do()
	require.NoError(t, c.Err())
}

func (c *cluster) object() *keda.ScaledObject {
	o, _ := apiserver.Find[*keda.ScaledObject](c.Store, "jobs", "worker")
	return o
}

func (c *cluster) autoscaler() *autoscalingv2.HorizontalPodAutoscaler {
	o, _ := apiserver.Find[*autoscalingv2.HorizontalPodAutoscaler](c.Store, "jobs", "keda-hpa-worker")
	return o
}

// KEDA goes from nothing to one, the autoscaler that it made goes beyond, and at
// the end the Deployment is as it was.
func TestScalesFromNothingAndBack(t *testing.T) {
	c := newCluster(t)
	c.apis.Set("jobs", "jobs", 0)
	c.apply(t, func(o *keda.ScaledObject) { o.Spec.Advanced = &keda.Advanced{RestoreToOriginalReplicaCount: true} })
	c.at(t, 10, func() { c.apis.Set("jobs", "jobs", 30_000) })
	c.at(t, 60, func() {
		require.Equal(t, int32(3), c.autoscaler().Status.DesiredReplicas)
		c.Store.Delete(c.object(), record.Deleted)
	})
	c.at(t, 61, func() { require.Nil(t, c.autoscaler()) })
	require.Equal(t, []string{
		"0.001s false triggers are not active",
		"30.001s keda 0 -> 1", "30.001s true triggered by s0-redis-jobs",
		"30.024s hpa 1 -> 3",
		"60s keda 3 -> 0",
	}, c.told)
}

// An unchanged ScaledObject begins no new loop; a paused one has no autoscaler.
func TestChangesOfAScaledObject(t *testing.T) {
	c := newCluster(t)
	c.apply(t, func(*keda.ScaledObject) {})
	change := func(f func(*keda.ScaledObject)) func() {
		return func() {
			next := c.object().DeepCopyObject().(*keda.ScaledObject)
			f(next)
			require.NoError(t, c.Replace(c.object(), next))
		}
	}
	var before *autoscalingv2.HorizontalPodAutoscaler
	c.at(t, 5, func() { before = c.autoscaler() })
	c.at(t, 10, change(func(*keda.ScaledObject) {}))
	c.at(t, 20, change(func(o *keda.ScaledObject) { o.Annotations = map[string]string{keda.PausedReplicas: "2"} }))
	c.at(t, 25, func() { require.Nil(t, c.autoscaler()) })
	c.at(t, 30, change(func(o *keda.ScaledObject) { o.Annotations = nil }))
	c.at(t, 35, func() { require.NotEqual(t, before.UID, c.autoscaler().UID) })
	require.Equal(t, []string{
		"0.001s false triggers have no value",
		"20.001s keda 0 -> 2", "20.001s false ScaledObject is paused",
		"30.001s false triggers have no value",
	}, c.told)
}
