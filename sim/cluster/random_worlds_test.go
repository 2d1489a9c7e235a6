package cluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// randomSpec is the seed's Deployment behind a Service, with another size,
// strategy, behaviour, load and history of changes.
func randomSpec(t *testing.T, seed uint64) *cluster.Spec {
	r := rand.New(rand.NewPCG(seed, 7))
	spec := seedSpec(t)
	spec.Seed, spec.Duration, spec.Timeline = seed, 20*time.Minute, nil
	spec.ImageBandwidth, spec.SerializePulls = 100<<20, r.IntN(2) == 0
	d := spec.Objects[0].(*appsv1.Deployment)
	replicas := int32(r.IntN(6))
	d.Spec.Replicas = &replicas
	surge, unavailable := intstr.FromInt32(int32(r.IntN(3))), intstr.FromInt32(int32(1+r.IntN(2)))
	d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable = &surge, &unavailable
	if r.IntN(4) == 0 {
		d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	}
	d.Spec.MinReadySeconds = int32(r.IntN(3) * 5)
	grace := int64(r.IntN(40))
	d.Spec.Template.Spec.TerminationGracePeriodSeconds = &grace
	c := &d.Spec.Template.Spec.Containers[0]
	c.Resources.Requests[v1.ResourceCPU] = *resource.NewMilliQuantity(int64(100+r.IntN(1500)), resource.DecimalSI)
	c.Resources.Limits[v1.ResourceMemory] = *resource.NewQuantity(int64(400+r.IntN(300))<<20, resource.BinarySI)
	probe := func() *v1.Probe {
		return &v1.Probe{PeriodSeconds: int32(1 + r.IntN(10)), FailureThreshold: 3, SuccessThreshold: 1,
			InitialDelaySeconds: int32(r.IntN(10)),
			ProbeHandler:        v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Port: intstr.FromInt32(8000)}}}
	}
	if r.IntN(2) == 0 {
		c.ReadinessProbe = probe()
	}
	if r.IntN(3) == 0 {
		c.LivenessProbe = probe()
	}
	spec.Workloads = []cluster.Workload{{
		Behaviour: kubelet.Behaviour{
			ImageSize: int64(r.IntN(3)) * 300 << 20, Start: distribution.Exponential(1 + 10*r.Float64()),
			OnTerminate: kubelet.Termination(r.IntN(3)),
			Memory: kubelet.Memory{Base: 200 << 20, PerRequest: 20 << 20, LeakPerSecond: float64(r.IntN(2)) * 500_000,
				LeakPerRequest: int64(r.IntN(10_000))},
			CPU: kubelet.CPU{Idle: 0.01},
		},
		Server: load.Server{Program: []load.Step{load.Work{Time: distribution.Exponential(0.5 + r.Float64()), CPU: 0.1}},
			Concurrency: 1 + r.IntN(8), Queue: r.IntN(10)},
	}}
	spec.Objects = append(spec.Objects, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "svc", Namespace: "ai-agents"},
		Spec: v1.ServiceSpec{Selector: map[string]string{"app": "ai-agent"},
			Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8000)}}},
	})
	spec.Traffic = []load.Traffic{
		{Name: "t", Namespace: "ai-agents", Service: "svc", Rate: load.Constant{PerSecond: 10 * r.Float64()},
			Timeout: time.Duration(r.IntN(3)) * 2 * time.Second}}
	target := cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "ai-agents",
		Name: "ai-agent"}}
	at := sim.Time(0)
	for i := range r.IntN(6) {
		at += sim.Time(r.Int64N(int64(4 * time.Minute)))
		actions := []cluster.Action{
			cluster.SetImage{Target: target, Container: "agent", Image: fmt.Sprintf("v%d", i)},
			cluster.Scale{Target: target, Replicas: int32(r.IntN(8))},
			cluster.Rollout{Target: target, Verb: cluster.Undo}, cluster.Rollout{Target: target, Verb: cluster.Restart},
			cluster.Rollout{Target: target, Verb: cluster.Pause}, cluster.Rollout{Target: target, Verb: cluster.Resume},
			cluster.Cordon{Node: "cpu-1", Unschedulable: i%2 == 0},
			cluster.Delete{Target: target},
			cluster.Apply{Objects: spec.Objects[:1]},
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: at, Action: actions[r.IntN(len(actions))]})
	}
	return spec
}

// Whatever happens: pods are neither lost nor made up, no node is promised
// more than it has, nothing is used below zero, and every request has one end.
func TestRandomWorldsConserve(t *testing.T) {
	for seed := range uint64(150) {
		requireConservation(t, fmt.Sprintf("seed %d", seed), play(t, randomSpec(t, seed), 0))
	}
}

func requireConservation(t *testing.T, what string, records []record.Record) {
	t.Helper()
	exists, node := map[string]record.Resources{}, map[string]string{}
	promised := map[string]float64{}
	var arrived, ended, left int64
	var last sim.Time
	for _, r := range records {
		_, window := r.(record.Requests) // written with the first request after it
		if at, is := r.(interface{ When() record.At }); is && !window {
			require.GreaterOrEqual(t, at.When().T, last, "%s: the clock of the records", what)
			last = at.When().T
		}
		switch r := r.(type) {
		case record.PodCreated:
			require.NotContains(t, exists, r.Pod, what)
			exists[r.Pod] = r.Requests
		case record.PodScheduled:
			require.Contains(t, exists, r.Pod, what)
			node[r.Pod] = r.Node
			promised[r.Node] += exists[r.Pod].CPU
			require.LessOrEqual(t, promised[r.Node], 1.93+1e-9, "%s: node %s", what, r.Node)
		case record.PodFinished:
			require.Contains(t, exists, r.Pod, what)
			if n := node[r.Pod]; n != "" {
				promised[n] -= exists[r.Pod].CPU
			}
			delete(node, r.Pod)
		case record.PodGone:
			require.Contains(t, exists, r.Pod, what)
			if n := node[r.Pod]; n != "" {
				promised[n] -= exists[r.Pod].CPU
			}
			delete(node, r.Pod)
			delete(exists, r.Pod)
		case record.Requests:
			arrived += r.Arrived
			ended += r.OK
			for _, n := range r.Failed {
				ended += n
			}
		case record.InFlightAtEnd:
			left += r.Count
		case record.PoolUsage:
			require.GreaterOrEqual(t, r.Used.CPU, -1e-6, "%s at %s", what, r.T)
			require.GreaterOrEqual(t, r.Used.Memory, int64(-1), "%s at %s", what, r.T)
			require.GreaterOrEqual(t, r.Requested.Pods, int64(0), "%s at %s", what, r.T)
		case record.ContainerMemory:
			if r.Limit > 0 {
				require.LessOrEqual(t, r.Max, r.Limit, what)
			}
		}
	}
	require.Equal(t, arrived, ended+left, "%s: requests", what)
	end := records[len(records)-1].(record.End)
	assert.Equal(t, record.AtHorizon, end.Reason)
}

// Replications come out in order and the same, however many run at once.
func TestReplicationsSideBySide(t *testing.T) {
	for seed := range uint64(5) {
		spec := failingSpec(t, seed)
		if seed%2 == 0 {
			spec = jobsSpec(t, seed)
		}
		spec.Replications = 6
		var streams [3][]record.Record
		for i, workers := range []int{1, 2, 8} {
			require.NoError(t, replicate.Run(t.Context(), spec, workers, nil, func(r record.Record) error {
				streams[i] = append(streams[i], r)
				return nil
			}))
		}
		assert.True(t, reflect.DeepEqual(streams[0], streams[1]), "seed %d", seed)
		assert.True(t, reflect.DeepEqual(streams[0], streams[2]), "seed %d", seed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var interrupted *replicate.Interrupted
	err := replicate.Run(ctx, seedSpec(t), 2, nil, func(record.Record) error { return nil })
	require.ErrorAs(t, err, &interrupted)
	assert.Zero(t, interrupted.Complete)
}
