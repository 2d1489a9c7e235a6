package cluster_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// seedSpec is the shipped Deployment on three machines, with an image update
// at 30 minutes and containers that listen 5 s after their start.
func seedSpec(t *testing.T) *cluster.Spec {
	t.Helper()
	data, err := os.ReadFile("../../scenarios/gallery/ai-agent/deployment.yaml")
	require.NoError(t, err)
	var d appsv1.Deployment
	require.NoError(t, yaml.UnmarshalStrict(data, &d))
	appsdefaults.SetObjectDefaults_Deployment(&d)
	spec := &cluster.Spec{
		Name: "seed", Seed: 1, Replications: 1, Duration: time.Hour,
		Pools: map[string]string{}, Latencies: cluster.DefaultLatencies(),
		Objects: []runtime.Object{&d},
		Workloads: []cluster.Workload{{Behaviour: kubelet.Behaviour{
			Start: distribution.Constant(5), Memory: kubelet.Memory{Base: 300 << 20},
		}}},
		Timeline: []cluster.Step{{At: sim.Time(30 * time.Minute), Action: cluster.SetImage{
			Target: cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "ai-agents",
				Name: "ai-agent"}},
			Container: "agent", Image: "myregistry/ai-agent:1.1.0",
		}}},
	}
	for i := range 3 {
		name := fmt.Sprintf("cpu-%d", i)
		resources := v1.ResourceList{v1.ResourceCPU: resource.MustParse("1930m"),
			v1.ResourceMemory: resource.MustParse("6903Mi"), v1.ResourcePods: resource.MustParse("29")}
		spec.Nodes = append(spec.Nodes, &v1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: played, Labels: map[string]string{v1.LabelHostname: name}},
			Status: v1.NodeStatus{Capacity: resources, Allocatable: resources,
				Conditions: []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue}}},
		})
		spec.Pools[name] = "cpu"
	}
	return spec
}

func play(t *testing.T, spec *cluster.Spec, replication int) []record.Record {
	t.Helper()
	var sink record.Memory
	w, err := cluster.New(spec, replication, &sink)
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Run(t.Context()))
	return sink.Records
}

// The rollout of the seed by hand, in milliseconds after the new image is set,
// with the default latencies (Deployment 10, ReplicaSet 15, scheduler 25; a watch
// tells of a change after 4 of them, and a request is answered after 11):
//
//	 10  the Deployment controller makes the new ReplicaSet with one replica (maxSurge 1)
//	 25  its ReplicaSet controller creates the pod
//	 50  the scheduler has bound it
//	  …  the kubelet starts it within 15 to 45, r: Ready, for there is no readiness probe
//	r+15  the ReplicaSet's status says so
//	r+25  the Deployment controller scales the old ReplicaSet from 3 to 2
//	r+36  and, once that is answered, writes its own status
//	r+40  the old pod is deleted; idle, it leaves at SIGTERM
//	r+47  once that is answered the new ReplicaSet grows from 1 to 2: 4 pods at most
//	r+62  the second new pod is created, and so on
func TestRolloutOfTheSeedByHand(t *testing.T) {
	const start = sim.Time(30 * time.Minute)
	var created, ready, deleted []int64
	var old []string
	after := func(a record.At) int64 { return (a.T - start).Sub(0).Round(time.Millisecond).Milliseconds() }
	alive := map[string]bool{}   // not being deleted
	isReady := map[string]bool{} // and Ready
	fewest, most := 99, 0
	for _, r := range play(t, seedSpec(t), 0) {
		switch r := r.(type) {
		case record.PodCreated:
			alive[r.Pod] = true
			if r.T >= start {
				created = append(created, after(r.At))
			} else {
				old = append(old, r.Pod)
			}
		case record.PodReady:
			isReady[r.Pod] = r.Ready && alive[r.Pod]
			if r.T >= start && r.Ready {
				ready = append(ready, after(r.At))
			}
		case record.PodDeleting:
			delete(alive, r.Pod)
			delete(isReady, r.Pod)
			deleted = append(deleted, after(r.At))
			assert.Contains(t, old, r.Pod, "only old pods are deleted")
		}
		count := 0
		for _, is := range isReady {
			if is {
				count++
			}
		}
		if len(deleted) > 0 || count == 3 {
			fewest = min(fewest, count)
		}
		most = max(most, len(alive))
	}
	require.Len(t, ready, 3)
	for i, at := range ready {
		assert.InDelta(t, created[i]+25+30, at, 16, "the kubelet takes its time")
	}
	assert.Equal(t, []int64{25, ready[0] + 62, ready[1] + 62}, created)
	assert.Equal(t, []int64{ready[0] + 40, ready[1] + 40, ready[2] + 40}, deleted)
	assert.Equal(t, 3, fewest, "ready pods")
	assert.Equal(t, 4, most, "pods that are not being deleted")
}
