package cluster_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
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
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

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
		return &v1.Probe{PeriodSeconds: int32(1 + r.IntN(10)), FailureThreshold: 3, SuccessThreshold: 1, InitialDelaySeconds: int32(r.IntN(10)),
			ProbeHandler: v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Port: intstr.FromInt32(8000)}}}
	}
	if r.IntN(2) == 0 {
		c.ReadinessProbe = probe()
	}
	if r.IntN(3) == 0 {
		c.LivenessProbe = probe()
	}
	spec.Workloads = []cluster.Workload{{
		Behaviour: kubelet.Behaviour{
			ImageSize: int64(r.IntN(3)) * 300 << 20, Start: distribution.Exponential(1 + 10*r.Float64()), OnTerminate: kubelet.Termination(r.IntN(3)),
			Memory: kubelet.Memory{Base: 200 << 20, PerRequest: 20 << 20, LeakPerSecond: float64(r.IntN(2)) * 500_000, LeakPerRequest: int64(r.IntN(10_000))},
			CPU:    kubelet.CPU{Idle: 0.01},
		},
		Server: load.Server{Program: []load.Step{load.Work{Time: distribution.Exponential(0.5 + r.Float64()), CPU: 0.1}}, Concurrency: 1 + r.IntN(8), Queue: r.IntN(10)},
	}}
	spec.Objects = append(spec.Objects, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "svc", Namespace: "ai-agents"},
		Spec:       v1.ServiceSpec{Selector: map[string]string{"app": "ai-agent"}, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8000)}}},
	})
	spec.Traffic = []load.Traffic{{Name: "t", Namespace: "ai-agents", Service: "svc", Rate: load.Constant{PerSecond: 10 * r.Float64()}, Timeout: time.Duration(r.IntN(3)) * 2 * time.Second}}
	target := cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "ai-agents", Name: "ai-agent"}}
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

// The same with StatefulSets and machines that fail, come back, join and go. A
// StatefulSet never has two pods of a name, nor a pod before the one below it.
func TestRandomWorldsOfFailingMachinesConserve(t *testing.T) {
	reasons := map[string]int{}
	for seed := range uint64(100) {
		what := fmt.Sprintf("seed %d", seed)
		spec := failingSpec(t, seed)
		records := play(t, spec, 0)
		requireConservation(t, what, records)
		requireIdentities(t, what, spec, records)
		for _, r := range records {
			if deleting, is := r.(record.PodDeleting); is {
				reasons[deleting.Reason]++
			}
		}
	}
	for _, reason := range []string{"tainted", "orphaned", "killed", "evicted", "rollout", "scale-down", "owner-deleted"} {
		require.Greater(t, reasons[reason], 10, "%s: %v", reason, reasons)
	}
}

// failingSpec is randomSpec with a history of its machines; the Deployment is
// made a StatefulSet in two worlds of three.
func failingSpec(t *testing.T, seed uint64) *cluster.Spec {
	r := rand.New(rand.NewPCG(seed, 11))
	spec := randomSpec(t, seed)
	spec.Duration = 40 * time.Minute
	if r.IntN(3) > 0 {
		makeStateful(spec, r)
	}
	shape := spec.Nodes[0]
	for i := range 2 + r.IntN(6) {
		node := spec.Nodes[r.IntN(len(spec.Nodes))].Name
		joins := shape.DeepCopy()
		joins.Name = fmt.Sprintf("late-%d", i)
		spec.Pools[joins.Name] = spec.Pools[shape.Name]
		target := cluster.ObjectRef{Kind: spec.Objects[0].GetObjectKind().GroupVersionKind().Kind, NamespacedName: types.NamespacedName{Namespace: "ai-agents", Name: "ai-agent"}}
		actions := []cluster.Action{
			cluster.NodeFail{Node: node}, cluster.NodeFail{Node: node}, cluster.NodeRecover{Node: node}, cluster.NodeRecover{Node: node},
			cluster.NodeRemove{Node: node}, cluster.NodeAdd{Nodes: []*v1.Node{joins}}, cluster.PodKill{Target: target, Count: 1 + r.IntN(3)},
			cluster.Taint{Node: node, Add: []v1.Taint{{Key: v1.TaintNodeOutOfService, Effect: v1.TaintEffectNoExecute}}},
			cluster.Drain{Node: node, Force: true, DeleteEmptyDirData: true},
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: sim.Time(r.Int64N(int64(35 * time.Minute))), Action: actions[r.IntN(len(actions))]})
	}
	slices.SortStableFunc(spec.Timeline, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
	return spec
}

// makeStateful turns the Deployment, and what is done to it, into a StatefulSet.
func makeStateful(spec *cluster.Spec, r *rand.Rand) {
	d := spec.Objects[0].(*appsv1.Deployment)
	set := &appsv1.StatefulSet{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"}, ObjectMeta: d.ObjectMeta,
		Spec: appsv1.StatefulSetSpec{Replicas: d.Spec.Replicas, Selector: d.Spec.Selector, Template: d.Spec.Template, MinReadySeconds: d.Spec.MinReadySeconds},
	}
	if r.IntN(2) == 0 {
		set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement
	}
	if r.IntN(3) == 0 {
		set.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
	}
	if r.IntN(3) == 0 {
		set.Spec.VolumeClaimTemplates = []v1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}}}
	}
	appsdefaults.SetObjectDefaults_StatefulSet(set)
	spec.Objects[0] = set
	for i := range spec.Timeline {
		switch a := spec.Timeline[i].Action.(type) {
		case cluster.SetImage:
			a.Target.Kind = "StatefulSet"
			spec.Timeline[i].Action = a
		case cluster.Scale:
			a.Target.Kind = "StatefulSet"
			spec.Timeline[i].Action = a
		case cluster.Rollout:
			a.Target.Kind = "StatefulSet"
			spec.Timeline[i].Action = a
		case cluster.Delete:
			a.Target.Kind = "StatefulSet"
			spec.Timeline[i].Action = a
		case cluster.Apply:
			spec.Timeline[i].Action = cluster.Apply{Objects: spec.Objects[:1]}
		}
	}
}

// requireIdentities holds that pods of one name follow each other and that
// ordered ones are made from the lowest ordinal on.
func requireIdentities(t *testing.T, what string, spec *cluster.Spec, records []record.Record) {
	t.Helper()
	set, is := spec.Objects[0].(*appsv1.StatefulSet)
	if !is {
		return
	}
	exists := map[string]bool{}
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			require.False(t, exists[r.Pod], "%s: %s twice at %s", what, r.Pod, r.T)
			exists[r.Pod] = true
			var ordinal int
			_, err := fmt.Sscanf(r.Pod, "ai-agents/ai-agent-%d", &ordinal)
			require.NoError(t, err)
			for lower := range ordinal {
				if set.Spec.PodManagementPolicy == appsv1.OrderedReadyPodManagement {
					require.True(t, exists[fmt.Sprintf("ai-agents/ai-agent-%d", lower)], "%s: %s at %s before %d", what, r.Pod, r.T, lower)
				}
			}
		case record.PodGone:
			delete(exists, r.Pod)
		}
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
				require.LessOrEqual(t, r.Max, r.Limit+20<<20, "%s: one request above the limit at most", what)
			}
		}
	}
	require.Equal(t, arrived, ended+left, "%s: requests", what)
	end := records[len(records)-1].(record.End)
	assert.Equal(t, "horizon", end.Reason)
}

// Replications come out in order and the same, however many run at once.
func TestReplicationsSideBySide(t *testing.T) {
	for seed := range uint64(5) {
		spec := failingSpec(t, seed)
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

// The monitor of nodes sleeps while nothing happens to them, and does what one
// that always polls does.
func TestASleepingNodeMonitorDecidesAsOneThatAlwaysPolls(t *testing.T) {
	for seed := range uint64(60) {
		spec := failingSpec(t, seed)
		var always record.Memory
		w, err := cluster.New(spec, 0, &always)
		require.NoError(t, err)
		w.PollAlways()
		require.NoError(t, w.Run(t.Context()))
		w.Close()
		lazy := play(t, spec, 0)
		require.Equal(t, len(always.Records), len(lazy), "seed %d", seed)
		for i, r := range lazy {
			if _, end := r.(record.End); !end { // it counts events
				require.Equal(t, always.Records[i], r, "seed %d", seed)
			}
		}
	}
}
