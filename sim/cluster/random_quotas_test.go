package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// quotaSpec is a random world, with failing machines and StatefulSets in some,
// whose namespace has a quota of pods and CPU and perhaps a LimitRange.
func quotaSpec(t *testing.T, seed uint64) (*cluster.Spec, *v1.ResourceQuota) {
	r := rand.New(rand.NewPCG(seed, 11))
	spec := randomSpec(t, seed)
	if seed%2 == 1 {
		spec = failingSpec(t, seed)
	}
	namespace := "ai-agents"
	for _, o := range spec.Objects {
		if d, is := o.(*appsv1.Deployment); is {
			namespace = d.Namespace
			d.Spec.Replicas = new(int32)
			*d.Spec.Replicas = int32(2 + r.IntN(5))
		}
	}
	q := &v1.ResourceQuota{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"}, ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "compute"},
		Spec: v1.ResourceQuotaSpec{Hard: v1.ResourceList{
			"pods":         *resource.NewQuantity(int64(1+r.IntN(6)), resource.DecimalSI),
			"requests.cpu": *resource.NewMilliQuantity(int64(500+r.IntN(5000)), resource.DecimalSI),
		}},
	}
	spec.Objects = append(spec.Objects, q)
	if r.IntN(3) == 0 {
		l := &v1.LimitRange{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace,
				Name: "limits"},
			Spec: v1.LimitRangeSpec{
				Limits: []v1.LimitRangeItem{
					{Type: v1.LimitTypeContainer, Default: v1.ResourceList{"cpu": resource.MustParse("2")}}}},
		}
		corev1.SetObjectDefaults_LimitRange(l)
		spec.Objects = append(spec.Objects, l)
	}
	return spec, q
}

// Whatever happens: no more than the quota allows exists at any time, what its
// status shows is no less than that, and when all is calm it is that; and
// everything else is conserved as without quotas.
func TestRandomWorldsWithQuotasConserve(t *testing.T) {
	refused, agreed := 0, 0
	for seed := range uint64(120) {
		what := fmt.Sprintf("seed %d", seed)
		spec, q := quotaSpec(t, seed)
		records := play(t, spec, 0)
		if seed%2 == 0 {
			requireConservation(t, what, records)
		}
		hard := q.Spec.Hard["requests.cpu"]
		pods, cpu := float64(q.Spec.Hard.Pods().Value()), float64(hard.MilliValue())/1000
		exists := map[string]float64{}   // CPU of the pods that have not ended
		givenUp := map[string]sim.Time{} // twice the grace period after the deletion a quota no longer counts a pod
		used := func(now sim.Time) (n, sum float64) {
			for name, cpu := range exists {
				if at, deleted := givenUp[name]; !deleted || now <= at {
					n, sum = n+1, sum+cpu
				}
			}
			return n, sum
		}
		var last sim.Time
		for _, r := range records {
			switch r := r.(type) {
			case record.PodCreated:
				exists[r.Pod] = r.Requests.CPU
				delete(givenUp, r.Pod)
				last = r.T
				n, sum := used(r.T)
				require.LessOrEqual(t, n, pods, "%s at %s", what, r.T)
				require.LessOrEqual(t, sum, cpu+1e-9, "%s at %s", what, r.T)
			case record.PodGone:
				delete(exists, r.Pod)
				last = r.T
			case record.PodFinished:
				delete(exists, r.Pod)
				last = r.T
			case record.PodDeleting:
				givenUp[r.Pod] = r.T + 2*r.Grace
				last = r.T
			case record.CreationRefused:
				refused++
			case record.QuotaUsage:
				for _, u := range r.Resources {
					require.LessOrEqual(t, u.Peak, u.Hard+1e-9, what)
					n, sum := used(r.T)
					if r.T-last > sim.Time(6*time.Minute) && n > 0 { // and a full recount came after the last change
						agreed++
						require.InDelta(t, map[string]float64{"pods": n, "requests.cpu": sum}[u.Resource], u.Used, 1e-9, "%s: %s", what,
							u.Resource)
					}
				}
			}
		}
	}
	require.NotZero(t, refused, "quotas refuse something")
	require.Greater(t, agreed, 20)
}

// A world with quotas is the same each time.
func TestRandomWorldsWithQuotasRepeat(t *testing.T) {
	for seed := range uint64(6) {
		first, _ := quotaSpec(t, seed)
		second, _ := quotaSpec(t, seed)
		require.Equal(t, play(t, first, 0), play(t, second, 0), "seed %d", seed)
	}
}
