package admission

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
)

// oneByOne is Room by asking for copy after copy.
func oneByOne(a *Admission, pod *v1.Pod, limit int) (int, *Refusal) {
	attributes, e := attributesOf(pod, pod.Name, pods), a.evaluators.Get(pods.GroupResource())
	list := copies(a.quotas[pod.Namespace])
	for n := range limit {
		next, err := resourcequota.CheckRequest(list, attributes, e, nil)
		if err != nil {
			var now []*v1.ResourceQuota
			for i := range list {
				now = append(now, &list[i])
			}
			return n, a.refusedByQuota(now, attributes, e, pod, err).(*Refusal)
		}
		list = next
	}
	return limit, nil
}

// Room is what asking for copy after copy gives, number, message and shortage,
// also where pods are there already and several quotas hold.
func TestRoomEqualsOneByOne(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 11))
		objects := randomPolicies(r)
		if r.IntN(2) == 0 {
			objects = append(objects,
				newQuota("second", randomAmounts(r, 0.6, 300, "pods", "cpu", "requests.memory", "limits.cpu")))
		}
		a, _ := cluster(t, objects...)
		for i := range 3 {
			if p := randomPod(r, i); a.Prepare(p) == nil {
				_ = a.Admit(p) // a refused pod counts for nothing
			}
		}
		for i := range 5 {
			p, limit := randomPod(r, 10+i), oneOf(r, 0, 1, 5, 40, 1000)
			if a.Prepare(p) != nil {
				continue
			}
			n, refusal := a.Room(p, limit)
			want, wanted := oneByOne(a, p, limit)
			text := func(n int, r *Refusal) string {
				if r == nil {
					return fmt.Sprint(n)
				}
				line := fmt.Sprint(n, " ", r.Error(), " ", r.Policy)
				for _, s := range r.Short {
					line += fmt.Sprint(" ", s.Resource, " ", s.Requested.String(), " ", s.Used.String(), " ", s.Hard.String())
				}
				return line
			}
			require.Equal(t, text(want, wanted), text(n, refusal), "seed %d", seed)
			switch {
			case refusal == nil:
				seen["room for all"]++
			case n == 0:
				seen["none"]++
			default:
				seen["some"]++
			}
		}
	}
	for _, what := range []string{"room for all", "none", "some"} {
		assert.Greater(t, seen[what], 60, "%s: %v", what, seen)
	}
}
