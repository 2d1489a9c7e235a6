package cluster_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

var collector = cluster.ObjectRef{Kind: "DaemonSet", NamespacedName: types.NamespacedName{Namespace: "ai-agents",
	Name: "collector"}}

// daemonSpec is failingSpec with a DaemonSet beside the workload, whose history
// comes to rest after half an hour: then every node that runs is there to stay.
func daemonSpec(t *testing.T, seed uint64) *cluster.Spec {
	r := rand.New(rand.NewPCG(seed, 13))
	spec := failingSpec(t, seed)
	limit := []intstr.IntOrString{intstr.FromInt32(1), intstr.FromInt32(2), intstr.FromString("50%")}[r.IntN(3)]
	set := daemons(surging(limit, r.Int32N(3)*5)).Objects[0].(*appsv1.DaemonSet)
	set.Namespace, set.Name = collector.Namespace, collector.Name
	switch r.IntN(4) {
	case 0:
		set.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType}
	case 1, 2:
		set.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &limit}
	}
	set.Spec.Template.Spec.PriorityClassName = []string{"", "system-node-critical"}[r.IntN(2)]
	set.Spec.Template.Spec.Containers[0].Resources.Requests = v1.ResourceList{
		v1.ResourceCPU: *resource.NewMilliQuantity(r.Int64N(500), resource.DecimalSI)}
	appsdefaults.SetObjectDefaults_DaemonSet(set)
	spec.Objects = append(spec.Objects, set)
	for i := range spec.Timeline {
		if a, is := spec.Timeline[i].Action.(cluster.Drain); is {
			a.IgnoreDaemonSets = r.IntN(4) > 0
			spec.Timeline[i].Action = a
		}
	}
	for i := range 2 + r.IntN(8) {
		node := spec.Nodes[r.IntN(len(spec.Nodes))].Name
		keep := v1.Taint{Key: "keep-off", Effect: v1.TaintEffectNoSchedule}
		out := v1.Taint{Key: "get-out", Effect: v1.TaintEffectNoExecute}
		actions := []cluster.Action{
			cluster.SetImage{Target: collector, Container: "c", Image: fmt.Sprintf("v%d", i)},
			cluster.SetResources{Target: collector, Container: "c",
				Requests: v1.ResourceList{v1.ResourceCPU: *resource.NewMilliQuantity(r.Int64N(2000), resource.DecimalSI)}},
			cluster.Rollout{Target: collector, Verb: cluster.Undo}, cluster.Rollout{Target: collector, Verb: cluster.Restart},
			cluster.PodKill{Target: collector, Count: 1 + r.IntN(3)},
			cluster.Taint{Node: node, Add: []v1.Taint{keep}}, cluster.Taint{Node: node, Remove: []v1.Taint{keep}},
			cluster.Taint{Node: node, Add: []v1.Taint{out}}, cluster.Taint{Node: node, Remove: []v1.Taint{out}},
			cluster.Delete{Target: collector}, cluster.Apply{Objects: spec.Objects[1:]},
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: sim.Time(r.Int64N(int64(30 * time.Minute))),
			Action: actions[r.IntN(len(actions))]})
	}
	spec.Timeline = slices.DeleteFunc(spec.Timeline, func(s cluster.Step) bool { return s.At > sim.Time(30*time.Minute) })
	// In the end nothing stands against one small pod on each node.
	calm := sim.Time(31 * time.Minute)
	rest := []cluster.Action{cluster.Apply{Objects: spec.Objects[len(spec.Objects)-1:]},
		cluster.Delete{Target: cluster.ObjectRef{
			Kind: spec.Objects[0].GetObjectKind().GroupVersionKind().Kind, NamespacedName: types.NamespacedName{
				Namespace: "ai-agents", Name: "ai-agent"}}}}
	for _, n := range spec.Nodes {
		rest = append(rest, cluster.NodeRecover{Node: n.Name})
		for _, key := range []string{"keep-off", "get-out", v1.TaintNodeOutOfService} {
			rest = append(rest, cluster.Taint{Node: n.Name, Remove: []v1.Taint{{Key: key}}})
		}
	}
	for _, a := range rest {
		spec.Timeline = append(spec.Timeline, cluster.Step{At: calm, Action: a})
	}
	if set.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		spec.Timeline = append(spec.Timeline, cluster.Step{At: calm + sim.Time(time.Minute),
			Action: cluster.PodKill{Target: collector, Count: 100}})
	}
	spec.Duration = 75 * time.Minute
	slices.SortStableFunc(spec.Timeline, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
	return spec
}

// As TestRandomWorldsConserve, with a DaemonSet. It never has more pods bound to
// a node, those that terminate left out, than one and with maxSurge two; and
// once all is quiet every node has one, of the last template and Ready.
func TestRandomWorldsWithDaemonSetsConserve(t *testing.T) {
	reasons, nodes := map[string]int{}, 0
	for seed := range uint64(60) {
		what := fmt.Sprintf("seed %d", seed)
		spec := daemonSpec(t, seed)
		records := play(t, spec, 0)
		requireConservation(t, what, records)
		nodes += requireDaemons(t, what, spec, records, reasons)
	}
	// From a tainted node its controller takes its pods before the taint eviction
	// does, which reads and writes them first.
	for _, reason := range []string{"scale-down", "orphaned", "killed", "rollout", "owner-deleted"} {
		require.Greater(t, reasons[reason], 5, "%s: %v", reason, reasons)
	}
	require.Greater(t, nodes, 125)
}

func requireDaemons(t *testing.T, what string, spec *cluster.Spec, records []record.Record, reasons map[string]int) (
	nodes int) {
	t.Helper()
	set := spec.Objects[len(spec.Objects)-1].(*appsv1.DaemonSet)
	most := 1
	if r := set.Spec.UpdateStrategy.RollingUpdate; r != nil && r.MaxSurge != nil && r.MaxSurge.String() != "0" {
		most = 2
	}
	type daemon struct {
		revision, node string
		ready          bool
	}
	pods, bound, there := map[string]*daemon{}, map[string]int{}, map[string]bool{}
	for _, n := range spec.Nodes {
		there[n.Name] = true
	}
	free := func(name string) {
		if p := pods[name]; p != nil {
			bound[p.node]--
			delete(pods, name)
		}
	}
	revision := ""
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			if r.Owner == "ai-agents/DaemonSet/collector" {
				pods[r.Pod] = &daemon{revision: r.Revision}
			}
		case record.PodScheduled:
			if p := pods[r.Pod]; p != nil {
				p.node = r.Node
				bound[r.Node]++
				require.LessOrEqual(t, bound[r.Node], most, "%s: %s at %s", what, r.Node, r.T)
			}
		case record.PodReady:
			if p := pods[r.Pod]; p != nil {
				p.ready = r.Ready
			}
		case record.PodDeleting:
			if pods[r.Pod] != nil {
				reasons[string(r.Reason)]++
			}
			free(r.Pod)
		case record.PodGone:
			free(r.Pod)
		case record.NodeChanged:
			if r.Phase == "added" || r.Phase == "removed" {
				there[r.Node] = r.Phase == "added"
			}
		case record.Rollout:
			if r.Workload == "ai-agents/DaemonSet/collector" {
				revision = r.Revision
			}
		}
	}
	got := map[string]bool{}
	for name, p := range pods {
		require.True(t, p.ready && there[p.node], "%s: %s on %q", what, name, p.node)
		require.False(t, got[p.node], "%s: two on %s", what, p.node)
		got[p.node] = true
		require.Equal(t, revision, p.revision, "%s: %s", what, name)
	}
	for node, is := range there {
		require.Equal(t, is, got[node], "%s: %s", what, node)
		if is {
			nodes++
		}
	}
	return nodes
}

// Replications with DaemonSets come out the same, however many run at once.
func TestDaemonSetsSideBySide(t *testing.T) {
	for seed := range uint64(4) {
		spec := daemonSpec(t, seed)
		spec.Replications = 4
		var streams [2][]record.Record
		for i, workers := range []int{1, 4} {
			require.NoError(t, replicate.Run(t.Context(), spec, workers, nil, func(r record.Record) error {
				streams[i] = append(streams[i], r)
				return nil
			}))
		}
		require.True(t, reflect.DeepEqual(streams[0], streams[1]), "seed %d", seed)
	}
}
