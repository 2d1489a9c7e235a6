package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// fleet is a cluster of a size that people have: pods spread evenly over Deployments,
// without requests. Each pod has a readiness and a liveness probe.
type fleet struct {
	nodes, deployments, pods int
	autoscaled, services     bool
	rollouts                 int // one Deployment each, spread evenly over the run
	length                   time.Duration
}

// spec is what the fleet is played from.
func (f fleet) spec() *cluster.Spec {
	spec := &cluster.Spec{
		Name: "fleet", Seed: 1, Replications: 1, Duration: f.length,
		Pools: map[string]string{}, Latencies: cluster.DefaultLatencies(), ImageBandwidth: 100 << 20,
		MetricsServer: metricsserver.DefaultConfig(), Eviction: kubelet.DefaultEviction(),
		Workloads: []cluster.Workload{{Behaviour: kubelet.Behaviour{
			Start: distribution.Constant(5), Memory: kubelet.Memory{Base: 100 << 20},
		}}},
	}
	size := v1.ResourceList{v1.ResourceCPU: resource.MustParse("64"), v1.ResourceMemory: resource.MustParse("256Gi"),
		v1.ResourcePods: resource.MustParse("500")}
	for i := range f.nodes {
		name := fmt.Sprintf("node-%04d", i)
		spec.Nodes = append(spec.Nodes, &v1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name}},
			Status: v1.NodeStatus{Capacity: size, Allocatable: size, Conditions: []v1.NodeCondition{
				{Type: v1.NodeReady, Status: v1.ConditionTrue}}},
		})
		spec.Pools[name] = "pool"
	}
	for i := range f.deployments {
		name := fmt.Sprintf("web-%05d", i)
		spec.Objects = append(spec.Objects, deploymentOf(name, int32(f.pods/f.deployments)))
		if f.autoscaled {
			spec.Objects = append(spec.Objects, autoscalerOf(name, int32(f.pods/f.deployments)))
		}
		if f.services {
			spec.Objects = append(spec.Objects, serviceOf(name))
		}
	}
	for i := range f.rollouts {
		spec.Timeline = append(spec.Timeline, cluster.Step{
			At: sim.Time(f.length) / sim.Time(f.rollouts+1) * sim.Time(i+1),
			Action: cluster.SetImage{Container: "c", Image: "app:v2", Target: cluster.ObjectRef{Kind: "Deployment",
				NamespacedName: types.NamespacedName{Namespace: "default", Name: fmt.Sprintf("web-%05d", i%f.deployments)}}},
		})
	}
	for _, o := range spec.Objects {
		legacyscheme.Scheme.Default(o)
	}
	return spec
}

func deploymentOf(name string, replicas int32) *appsv1.Deployment {
	probe := &v1.Probe{ProbeHandler: v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: intstr.FromInt32(80)}}}
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
				Spec: v1.PodSpec{Containers: []v1.Container{{
					Name: "c", Image: "app:v1", ReadinessProbe: probe, LivenessProbe: probe,
					Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
						v1.ResourceCPU: resource.MustParse("100m"), v1.ResourceMemory: resource.MustParse("128Mi"),
					}},
				}}},
			},
		},
	}
}

// autoscalerOf is on target as long as its pods are idle.
func autoscalerOf(name string, size int32) *autoscalingv2.HorizontalPodAutoscaler {
	half := int32(50)
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: name},
			MinReplicas:    &size, MaxReplicas: 2 * size,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
					Name: v1.ResourceCPU, Target: autoscalingv2.MetricTarget{
						Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &half},
				}}},
		},
	}
}

func serviceOf(name string) *v1.Service {
	return &v1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       v1.ServiceSpec{Selector: map[string]string{"app": name}, Ports: []v1.ServicePort{{Port: 80}}},
	}
}

// scaled is a Deployment with a Service that is scaled up at once, for half an hour.
func scaled(pods int32) *cluster.Spec {
	spec := fleet{nodes: 50, deployments: 1, pods: 1, services: true, length: 30 * time.Minute}.spec()
	spec.Timeline = []cluster.Step{{At: sim.Time(time.Minute), Action: cluster.Scale{Replicas: pods,
		Target: cluster.ObjectRef{Kind: "Deployment",
			NamespacedName: types.NamespacedName{Namespace: "default", Name: "web-00000"}}}}}
	return spec
}

// everyMinute is a CronJob that runs each minute.
func everyMinute(length time.Duration) *cluster.Spec {
	spec := fleet{nodes: 1, length: length}.spec()
	spec.Workloads[0].Behaviour.Runs = distribution.Constant(5)
	job := &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "tick"},
		Spec: batchv1.CronJobSpec{Schedule: "* * * * *", JobTemplate: batchv1.JobTemplateSpec{
			Spec: batchv1.JobSpec{Template: v1.PodTemplateSpec{Spec: v1.PodSpec{
				RestartPolicy: v1.RestartPolicyNever, Containers: []v1.Container{{Name: "c", Image: "job:v1"}},
			}}}}},
	}
	legacyscheme.Scheme.Default(job)
	spec.Objects = []runtime.Object{job}
	return spec
}

// sizes are clusters of the sizes that docs/performance.md tells of.
var sizes = []struct {
	name string
	spec func() *cluster.Spec
}{
	{"Hundred", fleet{nodes: 100, deployments: 20, pods: 1000, autoscaled: true, rollouts: 5,
		length: 24 * time.Hour}.spec},
	{"Thousand", fleet{nodes: 1000, deployments: 200, pods: 10_000, autoscaled: true, rollouts: 50,
		length: 24 * time.Hour}.spec},
	{"HundredHour", fleet{nodes: 100, deployments: 20, pods: 1000, autoscaled: true, rollouts: 1, length: time.Hour}.spec},
	{"Deployments1k", fleet{nodes: 10, deployments: 1000, pods: 1000, autoscaled: true, length: time.Nanosecond}.spec},
	{"Deployments10k", fleet{nodes: 10, deployments: 10_000, pods: 10_000, autoscaled: true,
		length: time.Nanosecond}.spec},
	{"Scaled4k", func() *cluster.Spec { return scaled(4000) }},
	{"Scaled8k", func() *cluster.Spec { return scaled(8000) }},
	{"Scaled16k", func() *cluster.Spec { return scaled(16_000) }},
	{"CronJob400h", func() *cluster.Spec { return everyMinute(400 * time.Hour) }},
}

// BenchmarkSizes is one replication of each, from the Spec to the last record.
func BenchmarkSizes(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			spec := size.spec()
			for b.Loop() {
				w, err := cluster.New(spec, 0, &discard{})
				require.NoError(b, err)
				require.NoError(b, w.Run(context.Background()))
				w.Close()
			}
		})
	}
}
