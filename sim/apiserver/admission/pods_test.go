package admission

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
)

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// store is the objects of a cluster, and a clock.
type store struct {
	now     time.Time
	objects []runtime.Object
}

func (s *store) list(resource schema.GroupResource, namespace string) []runtime.Object {
	var list []runtime.Object
	for _, o := range s.objects {
		if of, _ := resourceOf(o); of.GroupResource() == resource && o.(metav1.Object).GetNamespace() == namespace {
			list = append(list, o)
		}
	}
	return list
}

// served is a server that has all kinds of upstream's scheme.
var served = Served{Of: resourceOf, Namespaced: []schema.GroupResource{
	appsv1.Resource("deployments"), appsv1.Resource("replicasets"), v1.Resource("configmaps"), v1.Resource("limitranges"),
}}

func resourceOf(o runtime.Object) (schema.GroupVersionResource, bool) {
	kinds, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		return schema.GroupVersionResource{}, false
	}
	plural, _ := meta.UnsafeGuessKindToResource(kinds[0])
	return plural, true
}

// cluster is an admission with some objects; quotas have been looked at by
// their controller.
func cluster(t *testing.T, objects ...runtime.Object) (*Admission, *store) {
	t.Helper()
	s := &store{now: start}
	a, err := New(func() time.Time { return s.now }, s.list, served)
	require.NoError(t, err)
	for _, o := range objects {
		a.Set(o)
		if q, is := o.(*v1.ResourceQuota); is {
			_, err := a.Recalculate(q.Namespace, q.Name)
			require.NoError(t, err)
		}
	}
	return a, s
}

// amounts reads "cpu=1 memory=1Gi".
func amounts(pairs ...string) v1.ResourceList {
	if len(pairs) == 0 {
		return nil
	}
	list := v1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[v1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

func newPod(name string, change ...func(*v1.Pod)) *v1.Pod {
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team"},
		Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "main", Image: "app"}}},
	}
	for _, f := range change {
		f(pod)
	}
	corev1.SetObjectDefaults_Pod(pod)
	return pod
}

func requests(pairs ...string) func(*v1.Pod) {
	return func(p *v1.Pod) { p.Spec.Containers[0].Resources.Requests = amounts(pairs...) }
}

func limits(pairs ...string) func(*v1.Pod) {
	return func(p *v1.Pod) { p.Spec.Containers[0].Resources.Limits = amounts(pairs...) }
}

func newQuota(name string, hard v1.ResourceList, change ...func(*v1.ResourceQuota)) *v1.ResourceQuota {
	q := &v1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team"},
		Spec: v1.ResourceQuotaSpec{Hard: hard}}
	for _, f := range change {
		f(q)
	}
	return q
}

func newLimits(name string, items ...v1.LimitRangeItem) *v1.LimitRange {
	l := &v1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team"},
		Spec: v1.LimitRangeSpec{Limits: items}}
	corev1.SetObjectDefaults_LimitRange(l)
	return l
}
