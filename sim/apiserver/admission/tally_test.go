package admission

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Pods come, change, terminate and go, now and then a name comes again: what is
// counted of those that changed is what a count of all gives.
func TestRecalculateAgainstACountOfAll(t *testing.T) {
	compared := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 4))
		policies := randomPolicies(r)
		a, s := cluster(t, policies...)
		for step := range 150 {
			s.now = s.now.Add(time.Duration(r.IntN(20)) * time.Second)
			i := 0
			if len(s.objects) > 0 {
				i = r.IntN(len(s.objects))
			}
			switch action := r.IntN(6); {
			case action < 2 || len(s.objects) == 0:
				p := randomPod(r, r.IntN(40))
				if a.stored(pods.GroupResource(), p.Namespace, p.Name) == nil && a.Admit(p) == nil {
					s.objects = append(s.objects, p)
				}
			case action < 5:
				old := s.objects[i].(*v1.Pod)
				next := old.DeepCopy()
				switch r.IntN(3) {
				case 0:
					next.Status.Phase = oneOf(r, v1.PodRunning, v1.PodSucceeded, v1.PodFailed)
				case 1:
					next.DeletionTimestamp, next.DeletionGracePeriodSeconds = &metav1.Time{Time: s.now.Add(30 * time.Second)},
						ptr.To[int64](30)
				case 2:
					next.Spec.ActiveDeadlineSeconds = ptr.To[int64](30)
				}
				s.objects[i] = next
				a.Replenished(old, next)
			default:
				old := s.objects[i]
				s.objects = slices.Delete(slices.Clone(s.objects), i, i+1)
				a.Replenished(old, nil)
			}
			if r.IntN(4) > 0 {
				continue
			}
			for _, q := range a.Quotas() {
				_, err := a.Recalculate(q.Namespace, q.Name)
				require.NoError(t, err)
				fresh, err := New(func() time.Time { return s.now }, s.list, served)
				require.NoError(t, err)
				fresh.Set(policies[len(policies)-1])
				_, err = fresh.Recalculate(q.Namespace, q.Name)
				require.NoError(t, err)
				require.Equal(t, usedText(fresh.Quota(q.Namespace, q.Name)), usedText(a.Quota(q.Namespace, q.Name)),
					"seed %d, step %d", seed, step)
				compared++
			}
		}
	}
	require.Greater(t, compared, 1000)
}
