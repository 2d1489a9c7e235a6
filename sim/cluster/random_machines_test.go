package cluster_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// As TestRandomWorldsConserve, with StatefulSets and machines that fail, come back, join and go. A
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
				reasons[string(deleting.Reason)]++
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
		target := cluster.ObjectRef{Kind: spec.Objects[0].GetObjectKind().GroupVersionKind().Kind,
			NamespacedName: types.NamespacedName{Namespace: "ai-agents", Name: "ai-agent"}}
		actions := []cluster.Action{
			cluster.NodeFail{Node: node}, cluster.NodeFail{Node: node}, cluster.NodeRecover{Node: node},
			cluster.NodeRecover{Node: node},
			cluster.NodeRemove{Node: node}, cluster.NodeAdd{Nodes: []*v1.Node{joins}},
			cluster.PodKill{Target: target, Count: 1 + r.IntN(3)},
			cluster.Taint{Node: node, Add: []v1.Taint{{Key: v1.TaintNodeOutOfService, Effect: v1.TaintEffectNoExecute}}},
			cluster.Drain{Node: node, Force: true, DeleteEmptyDirData: true},
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: sim.Time(r.Int64N(int64(35 * time.Minute))),
			Action: actions[r.IntN(len(actions))]})
	}
	slices.SortStableFunc(spec.Timeline, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
	return spec
}

// makeStateful turns the Deployment, and what is done to it, into a StatefulSet.
func makeStateful(spec *cluster.Spec, r *rand.Rand) {
	d := spec.Objects[0].(*appsv1.Deployment)
	set := &appsv1.StatefulSet{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"}, ObjectMeta: d.ObjectMeta,
		Spec: appsv1.StatefulSetSpec{Replicas: d.Spec.Replicas, Selector: d.Spec.Selector, Template: d.Spec.Template,
			MinReadySeconds: d.Spec.MinReadySeconds},
	}
	if r.IntN(2) == 0 {
		set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement
	}
	if r.IntN(3) == 0 {
		set.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
	}
	if r.IntN(3) == 0 {
		set.Spec.VolumeClaimTemplates = []v1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"},
			Spec: v1.PersistentVolumeClaimSpec{AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}}}}
		spec.Objects = append(spec.Objects, storage())
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
					require.True(t, exists[fmt.Sprintf("ai-agents/ai-agent-%d", lower)], "%s: %s at %s before %d", what, r.Pod, r.T,
						lower)
				}
			}
		case record.PodGone:
			delete(exists, r.Pod)
		}
	}
}

// The monitor of nodes sleeps while nothing happens to them, and does what one
// that always polls does.
func TestASleepingNodeMonitorDecidesAsOneThatAlwaysPolls(t *testing.T) {
	for seed := range uint64(60) {
		spec := failingSpec(t, seed)
		var always record.Memory
		polling := *spec
		cluster.PollAlways(&polling)
		w, err := cluster.New(&polling, 0, &always)
		require.NoError(t, err)
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
