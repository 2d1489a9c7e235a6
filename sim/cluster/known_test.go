package cluster_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	extension "github.com/kube-rehearse/rehearse/sim/keda"
	"github.com/kube-rehearse/rehearse/sim/load"
)

func TestObjectNames(t *testing.T) {
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "shop", Name: name} }
	long := strings.Repeat("long-", 12) // 60 characters, of which a pod's name keeps 58
	spec := &cluster.Spec{
		Extensions: []cluster.Extension{extension.Extension()},
		Nodes:      []*v1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}},
		Objects: []runtime.Object{&appsv1.Deployment{ObjectMeta: named("web")}, &v1.Secret{ObjectMeta: named("key")},
			&keda.ScaledObject{ObjectMeta: named("worker")}, &batchv1.Job{ObjectMeta: named(long + "x")}},
		Queues:    []cluster.Queue{{Key: "queue/jobs"}},
		Externals: []load.External{{Name: "external/search"}},
		Timeline: []cluster.Step{
			{Action: cluster.NodeAdd{Nodes: []*v1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "b"}}}}},
			{Action: cluster.Apply{Objects: []runtime.Object{&appsv1.Deployment{ObjectMeta: named("web")},
				&batchv1.CronJob{ObjectMeta: named("nightly")}}}},
		},
	}
	assert.Equal(t, []string{
		"CronJob/shop/nightly", "Deployment/shop/web", "HorizontalPodAutoscaler/shop/keda-hpa-worker",
		"Job/shop/" + long + "x", "Node/a", "Node/b",
		"ScaledObject/shop/worker", "Service/external/search", "Service/queue/jobs",
	}, spec.ObjectNames())

	for _, c := range []struct {
		kind, name string
		want       string
	}{
		{"Pod", "web-6d4cf56db6-x7k2p", "Deployment/shop/web"},
		{"pod", "shop/web-6d4cf56db6-x7k2p", "Deployment/shop/web"},
		{"Pod", "other/web-6d4cf56db6-x7k2p", ""},
		{"Pod", "webs-6d4cf56db6-x7k2p", ""},
		{"Pod", "web", ""},
		{"ReplicaSet", "web-6d4cf56db6", "Deployment/shop/web"},
		{"Job", "nightly-29458080", "CronJob/shop/nightly"},
		{"Job", "web-29458080", ""},
		{"Pod", "nightly-29458080-abcde", "CronJob/shop/nightly"},
		{"Pod", long[:50] + "-11-abcde", "Job/shop/" + long + "x"},
		{"Deployment", "web-2", ""},
		{"Node", "web-2", ""},
	} {
		assert.Equal(t, c.want, strings.Join(spec.Makers(c.kind, c.name), " "), "%s %s", c.kind, c.name)
	}
}
