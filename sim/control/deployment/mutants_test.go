package deployment

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
)

// broken are Deployment controllers with a rule that is not Kubernetes'.
var broken = map[string]func(View, time.Time) ([]Action, error){
	"one pod more may be unavailable": func(v View, now time.Time) ([]Action, error) {
		v.Deployment = v.Deployment.DeepCopy()
		if r := v.Deployment.Spec.Strategy.RollingUpdate; r != nil && r.MaxUnavailable.Type == intstr.Int {
			r.MaxUnavailable = ptr.To(intstr.FromInt32(r.MaxUnavailable.IntVal + 1))
		}
		return Sync(v, now)
	},
	"Recreate does not wait for old pods": func(v View, now time.Time) ([]Action, error) {
		v.Pods = nil
		return Sync(v, now)
	},
	"a pause is not seen": func(v View, now time.Time) ([]Action, error) {
		v.Deployment = v.Deployment.DeepCopy()
		v.Deployment.Spec.Paused = false
		return Sync(v, now)
	},
	"the progress deadline is a second too late": func(v View, now time.Time) ([]Action, error) {
		return Sync(v, now.Add(-time.Second))
	},
	"old ReplicaSets are kept": func(v View, now time.Time) ([]Action, error) {
		actions, err := Sync(v, now)
		return slices.DeleteFunc(actions, func(a Action) bool { _, is := a.(DeleteReplicaSet); return is }), err
	},
}

// TestBrokenDecidersAreCaught: the comparison with the real controller in any
// state tells each of them.
func TestBrokenDecidersAreCaught(t *testing.T) {
	caught := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(400) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			v := states{twin.States{Rand: rand.New(rand.NewPCG(seed, 3)), Now: time.Now()}}.view()
			for name, decide := range broken {
				actions, err := decide(v, time.Now())
				require.NoError(t, err)
				if theirs, ours := u.logs(v, actions); !slices.Equal(theirs, ours) {
					caught[name]++
				}
			}
		}
	})
	for name := range broken {
		require.Positive(t, caught[name], name)
	}
}
