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
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// restless is a random cluster whose pods rest for long, and are disturbed now and then:
// by requests, probes that fail, ends by themselves, steps, and autoscalers of every
// type of metric.
func restless(t *testing.T, seed uint64) *cluster.Spec {
	r := rand.New(rand.NewPCG(seed, 11))
	spec := randomSpec(t, seed)
	spec.MetricsServer = metricsserver.DefaultConfig()
	behaviour := &spec.Workloads[0].Behaviour
	behaviour.CPU.Idle = float64(r.IntN(3)) * 0.05
	behaviour.Memory.LeakPerSecond = float64(r.IntN(3)) * 100_000
	if r.IntN(3) == 0 {
		behaviour.UnhealthyAfter = time.Duration(1+r.IntN(600)) * time.Second
	}
	if r.IntN(3) == 0 {
		behaviour.Runs = distribution.Exponential(300)
	}
	if r.IntN(4) == 0 {
		behaviour.CPU.Probe = 0.2
	}
	if r.IntN(2) == 0 {
		spec.Traffic = nil
	}
	d := spec.Objects[0].(*appsv1.Deployment)
	for i := range 1 + r.IntN(2) {
		o := autoscalerOf(fmt.Sprint("a", i), int32(1+r.IntN(3)))
		o.Namespace, o.Spec.ScaleTargetRef.Name = d.Namespace, d.Name
		o.Spec.Metrics = nil
		for range 1 + r.IntN(2) {
			o.Spec.Metrics = append(o.Spec.Metrics, randomMetric(r, d.Spec.Template.Spec.Containers[0].Name))
		}
		legacyscheme.Scheme.Default(o)
		if i == 0 {
			spec.Objects = append(spec.Objects, o)
		} else { // two autoscalers of one target are an error, until one is gone
			at := sim.Time(r.Int64N(int64(10 * time.Minute)))
			spec.Timeline = append(spec.Timeline,
				cluster.Step{At: at, Action: cluster.Apply{Objects: []runtime.Object{o}}},
				cluster.Step{At: at + sim.Time(5*time.Minute), Action: cluster.Delete{Target: cluster.ObjectRef{
					Kind: "HorizontalPodAutoscaler", NamespacedName: types.NamespacedName{Namespace: o.Namespace, Name: o.Name}}}})
		}
	}
	for range r.IntN(4) {
		edited := spec.Objects[1].(*v1.Service).DeepCopy()
		edited.Spec.PublishNotReadyAddresses = r.IntN(3) == 0
		if r.IntN(3) == 0 {
			edited.Spec.Selector = map[string]string{"app": "another"}
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: sim.Time(r.Int64N(int64(20 * time.Minute))),
			Action: cluster.Apply{Objects: []runtime.Object{edited}}})
	}
	for range r.IntN(4) {
		spec.Timeline = append(spec.Timeline, cluster.Step{At: sim.Time(r.Int64N(int64(20 * time.Minute))),
			Action: cluster.SetMetric{Name: "m", Namespace: d.Namespace,
				Value: *resource.NewQuantity(r.Int64N(20), resource.DecimalSI)}})
	}
	slices.SortStableFunc(spec.Timeline, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
	return spec
}

// randomMetric is one of a random type.
func randomMetric(r *rand.Rand, container string) autoscalingv2.MetricSpec {
	percent, average := int32(5+r.IntN(60)), resource.NewMilliQuantity(1+r.Int64N(9000), resource.DecimalSI)
	byShare := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
	byValue := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: average}
	named := autoscalingv2.MetricIdentifier{Name: "m"}
	switch r.IntN(7) {
	case 0:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{Metric: named, Target: byValue}}
	case 1:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{Metric: named, Target: byValue}}
	case 2:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType,
			Object: &autoscalingv2.ObjectMetricSource{Metric: named, Target: byValue,
				DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "svc"}}}
	case 3:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: v1.ResourceCPU, Container: container,
				Target: byShare}}
	case 4:
		memory := resource.MustParse("300Mi")
		byValue.AverageValue = &memory
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: v1.ResourceMemory, Target: byValue}}
	}
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: v1.ResourceCPU, Target: byShare}}
}

// What is left out because it can't differ makes no difference: the records are those of
// a cluster in which everything looks and ticks, but for the count of events.
func TestNothingIsMissed(t *testing.T) {
	fewer := uint64(0)
	for seed := range uint64(60) {
		slow := restless(t, seed)
		cluster.Slow(slow)
		want, got := play(t, slow, 0), play(t, restless(t, seed), 0)
		ticked, cruised := want[len(want)-1].(record.End), got[len(got)-1].(record.End)
		require.LessOrEqual(t, cruised.Events, ticked.Events)
		fewer += ticked.Events - cruised.Events
		ticked.Events = cruised.Events
		want[len(want)-1] = ticked
		require.Equal(t, len(want), len(got), "seed %d", seed)
		for i := range want {
			require.Equal(t, want[i], got[i], "seed %d, record %d", seed, i)
		}
	}
	require.Positive(t, fewer)
}
