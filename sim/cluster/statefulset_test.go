package cluster_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var db = cluster.ObjectRef{Kind: "StatefulSet", NamespacedName: types.NamespacedName{Namespace: "default", Name: "db"}}

// stateful is a StatefulSet db on three nodes of 8 CPU: its pods are Ready 5 s
// after their start and gone 3 s after they are deleted.
func stateful(replicas int32, change func(*appsv1.StatefulSet), steps ...cluster.Step) *cluster.Spec {
	spec := recorded(0, 5, nil, steps...)
	pod := spec.Objects[0].(*appsv1.Deployment).Spec.Template
	pod.Labels = map[string]string{"app": "db"}
	pod.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds = 3
	set := &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: "db", Template: pod, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
		},
	}
	if change != nil {
		change(set)
	}
	appsdefaults.SetObjectDefaults_StatefulSet(set)
	spec.Objects = []runtime.Object{set}
	return spec
}

// told are the events of pods, in whole seconds: "5 ready db-0".
func told(t *testing.T, spec *cluster.Spec, from float64) (list []string) {
	t.Helper()
	for _, e := range podEvents(t, spec, from) {
		if e.what != "bound" {
			list = append(list, fmt.Sprintf("%.0f %s %s", e.after.Seconds(), e.what, e.pod))
		}
	}
	return list
}

func TestAnAutoscalerScalesAStatefulSet(t *testing.T) {
	spec := stateful(1, nil,
		cluster.Step{At: at(30), Action: cluster.SetMetric{Name: "queue", Namespace: "default",
			Value: resource.MustParse("30")}})
	target := resource.MustParse("10")
	spec.Objects = append(spec.Objects, &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "db"},
			MaxReplicas:    5,
			Metrics: []autoscalingv2.MetricSpec{
				{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "queue"},
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
				}}},
		},
	})
	created, headroom := 0, -1
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			created++
		case record.Scaled:
			require.Equal(t, [3]any{int32(1), int32(3), record.ByAutoscaler}, [3]any{r.From, r.To, r.By})
		case record.Headroom:
			require.Equal(t, "default/StatefulSet/db", r.Workload)
			headroom = r.Replicas
		}
	}
	require.Equal(t, 3, created)
	require.Equal(t, 3*16-3, headroom) // 8 CPU in nodes of 500m each
}

func newDBImage(seconds float64) cluster.Step {
	return cluster.Step{At: at(seconds), Action: cluster.SetImage{Target: db, Container: "c", Image: "app:v2"}}
}
