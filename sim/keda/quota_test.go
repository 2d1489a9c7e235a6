package keda

import (
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const scaledObjects, autoscalers = "count/scaledobjects.keda.sh", "count/horizontalpodautoscalers.autoscaling"

// quota lets the namespace have so many ScaledObjects and autoscalers.
func quotaOf(objects, scalers string) *v1.ResourceQuota {
	return &v1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: "jobs", Name: "counts"},
		Spec: v1.ResourceQuotaSpec{Hard: v1.ResourceList{
			scaledObjects: resource.MustParse(objects), autoscalers: resource.MustParse(scalers),
		}},
	}
}

func (c *cluster) used() [2]string {
	used := c.Admission.Quota("jobs", "counts").Status.Used
	objects, scalers := used[scaledObjects], used[autoscalers]
	return [2]string{objects.String(), scalers.String()}
}

// The autoscaler that the operator makes needs room in the quotas, as any other.
// The operator tries again until there is some: 5 ms, 10 ms … 10.24 s after each
// other. The scale loop begins with the autoscaler.
func TestTheAutoscalerNeedsRoom(t *testing.T) {
	c := newCluster(t)
	require.NoError(t, c.Create(quotaOf("1", "0"), apiserver.Request{}))
	c.apply(t, func(*keda.ScaledObject) {})
	c.at(t, 15, func() {
		require.Nil(t, c.autoscaler())
		require.Equal(t, [2]string{"1", "0"}, c.used())
		old := c.Get("ResourceQuota", "jobs", "counts")
		require.NoError(t, c.Replace(old, quotaOf("1", "1")))
	})
	c.at(t, 21, func() {
		require.NotNil(t, c.autoscaler())
		require.Equal(t, [2]string{"1", "1"}, c.used())
	})
	require.Equal(t, []string{
		"0.001s HorizontalPodAutoscaler of jobs/Deployment/worker for ScaledObject jobs/worker: ResourceQuota jobs/counts",
		"20.476s HorizontalPodAutoscaler of jobs/Deployment/worker for ScaledObject jobs/worker: ResourceQuota jobs/counts",
		"20.476s false triggers have no value",
	}, c.told)
}

// A ScaledObject that is deleted gives back what it used of the quotas, and the
// garbage collector what went with it. A second one is refused before.
func TestADeletedScaledObjectReplenishesQuotas(t *testing.T) {
	c := newCluster(t)
	require.NoError(t, c.Create(quotaOf("1", "1"), apiserver.Request{}))
	c.apply(t, func(*keda.ScaledObject) {})
	second := func() error {
		o := c.object().DeepCopyObject().(*keda.ScaledObject)
		o.Name, o.UID = "second", ""
		return c.Create(o, apiserver.Request{})
	}
	c.at(t, 5, func() {
		require.Equal(t, [2]string{"1", "1"}, c.used())
		require.ErrorContains(t, second(), "exceeded quota: counts, requested: "+scaledObjects+"=1")
		c.Store.Delete(c.object(), record.Deleted)
		require.Equal(t, [2]string{"1", "1"}, c.used(), "its controller has yet to see it")
	})
	c.at(t, 6, func() {
		require.Nil(t, c.autoscaler())
		require.Equal(t, [2]string{"0", "0"}, c.used())
	})
}
