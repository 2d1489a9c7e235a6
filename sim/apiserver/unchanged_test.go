package apiserver

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// anyDeployment draws from so few values that two are often the same, in other words or not.
func anyDeployment(rng *rand.Rand) *apps.Deployment {
	d := &apps.Deployment{}
	one := func(changes ...func()) { changes[rng.IntN(len(changes))]() }
	nothing := func() {}
	one(nothing, nothing, func() { d.APIVersion = "apps/v1" })
	one(nothing, func() { d.Labels = map[string]string{} }, func() { d.Labels = map[string]string{"a": "b"} })
	one(nothing, nothing, func() { d.CreationTimestamp = metav1.Unix(1, 0) })
	one(nothing, func() { d.Spec.Replicas = new(int32) })
	one(nothing, func() { d.Spec.Template.Spec.Containers = []v1.Container{} }, func() {
		quantity := resource.MustParse([]string{"1", "1000m", "2"}[rng.IntN(3)])
		d.Spec.Template.Spec.Containers = []v1.Container{{Resources: v1.ResourceRequirements{
			Requests: v1.ResourceList{v1.ResourceCPU: quantity}}}}
	})
	one(nothing, nothing, func() { d.Status.ReadyReplicas = 1 })
	one(nothing, func() { d.Status.Conditions = []apps.DeploymentCondition{} })
	return d
}

// Compared field by field from the last, objects are equal when upstream's comparison of the
// whole says so.
func TestUnchangedIsSemanticEquality(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	same := 0
	const pairs = 20000
	for range pairs {
		old, next := anyDeployment(rng), anyDeployment(rng)
		want := apiequality.Semantic.DeepEqual(old, next)
		assert.Equal(t, want, unchanged(old, next), "%v\n%v", old, next)
		if want {
			same++
		}
	}
	assert.Greater(t, same, pairs/200)
	assert.Less(t, same, pairs/2)
	assert.False(t, unchanged(&apps.Deployment{}, &batch.Job{}))
	assert.True(t, unchanged(hidden{Object: &batch.Job{}}, hidden{Object: &batch.Job{}}))
}

// hidden is an object of a kind from elsewhere that is no pointer.
type hidden struct{ kinds.Object }

func BenchmarkUnchanged(b *testing.B) {
	old := &batch.Job{}
	old.Spec.Template.Spec.Containers = make([]v1.Container, 3)
	next := old.DeepCopy()
	next.Status.Active = 1
	for b.Loop() {
		unchanged(old, next)
	}
}
