package cluster_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

type discard struct{ ok int64 }

func (d *discard) Write(r record.Record) error {
	if w, is := r.(record.Requests); is {
		d.ok += w.OK
	}
	return nil
}

// busySpec is eight servers that take 1,000 requests a second, each through
// the Service, a queue, CPU under a limit and memory.
func busySpec(length time.Duration) *cluster.Spec {
	spec := &cluster.Spec{
		Seed: 1, Replications: 1, Duration: length, Latencies: cluster.DefaultLatencies(),
		MetricsServer: metricsserver.DefaultConfig(),
		Eviction:      kubelet.DefaultEviction(), ImageBandwidth: 100 << 20, Pools: map[string]string{},
	}
	machine := v1.ResourceList{v1.ResourceCPU: resource.MustParse("16"), v1.ResourceMemory: resource.MustParse("64Gi"),
		v1.ResourcePods: resource.MustParse("110")}
	for _, name := range []string{"a", "b"} {
		spec.Nodes = append(spec.Nodes,
			&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: played,
				Labels: map[string]string{v1.LabelHostname: name}},
				Status: v1.NodeStatus{Capacity: machine, Allocatable: machine}})
	}
	for _, name := range []string{"0", "1", "2", "3", "4", "5", "6", "7"} {
		p := &v1.Pod{TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{
			Namespace: "n", Name: "p" + name, Labels: map[string]string{"app": "web"}}}
		p.Spec.SchedulerName, p.Spec.RestartPolicy = v1.DefaultSchedulerName, v1.RestartPolicyAlways
		p.Spec.Containers = []v1.Container{{Name: "main", Image: "web", Resources: v1.ResourceRequirements{
			Requests: v1.ResourceList{v1.ResourceCPU: resource.MustParse("2"), v1.ResourceMemory: resource.MustParse("1Gi")},
			Limits:   v1.ResourceList{v1.ResourceCPU: resource.MustParse("3"), v1.ResourceMemory: resource.MustParse("2Gi")},
		}}}
		spec.Objects = append(spec.Objects, p)
	}
	spec.Objects = append(spec.Objects, &v1.Service{TypeMeta: metav1.TypeMeta{Kind: "Service", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"},
		Spec:       v1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []v1.ServicePort{{Port: 80}}}})
	spec.Workloads = []cluster.Workload{{
		Behaviour: kubelet.Behaviour{Memory: kubelet.Memory{Base: 200 << 20, PerRequest: 1 << 20, Retain: 0.5}},
		Server: load.Server{Concurrency: 16, Queue: 64, Program: []load.Step{
			load.Compute{Time: distribution.Exponential(0.010)}, load.Wait{Time: distribution.Exponential(0.040)},
		}},
	}}
	spec.Traffic = []load.Traffic{{Name: "t", Namespace: "n", Service: "web", Rate: load.Constant{PerSecond: 1000},
		Start: sim.Time(time.Second), Timeout: 10 * time.Second}}
	return spec
}

// BenchmarkMillionRequests is one replication of a million requests through
// the Service's choice, a queue, the CPU under weights and limits, and memory.
func BenchmarkMillionRequests(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var d discard
		w, err := cluster.New(busySpec(1001*time.Second), 0, &d)
		require.NoError(b, err)
		require.NoError(b, w.Run(context.Background()))
		w.Close()
		require.InDelta(b, 1e6, d.ok, 1e4)
	}
}

// Four times as many requests allocate hardly more: what grows is a record a
// window.
func TestMemoryDoesNotGrowWithRequests(t *testing.T) {
	allocations := func(length time.Duration) float64 {
		return testing.AllocsPerRun(1, func() {
			w, err := cluster.New(busySpec(length), 0, &discard{})
			require.NoError(t, err)
			require.NoError(t, w.Run(context.Background()))
			w.Close()
		})
	}
	few, many := allocations(20*time.Second), allocations(80*time.Second)
	require.Less(t, many-few, 3000.0, "60,000 more requests")
}
