package replicaset_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	os.Exit(m.Run())
}

// The stories of Deployments (sim/control/deployment) are compared with the
// real ReplicaSet controller, too.

// situation is any state of the ReplicaSets of a Deployment and their pods.
type situation struct {
	sets  []*apps.ReplicaSet
	views []replicaset.View // of each, with the released pods of its own
	pods  []*v1.Pod
}

func newSituation(seed uint64) situation {
	r := twin.States{Rand: rand.New(rand.NewPCG(seed, 4)), Now: time.Now()}
	d := &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", UID: "d"},
		Spec: apps.DeploymentSpec{
			Replicas: ptr.To(r.Int32N(13)), MinReadySeconds: []int32{0, 0, 1, 7}[r.IntN(4)],
			Strategy: apps.DeploymentStrategy{Type: apps.RecreateDeploymentStrategyType},
			Template: replicas(1).Spec.Template,
		},
	}
	s := situation{sets: r.ReplicaSets(d)}
	var owned []*v1.Pod
	for _, rs := range s.sets {
		pods := r.Pods(rs)
		s.pods = append(s.pods, pods...)
		owned = append(owned, slices.DeleteFunc(slices.Clone(pods), twin.Released)...)
		v := replicaset.View{ReplicaSet: rs, Pods: pods}
		if r.IntN(5) == 0 {
			v.Failure = errQuota
		}
		s.views = append(s.views, v)
	}
	for i := range s.views {
		s.views[i].Related = owned
	}
	return s
}

var errQuota = errors.New("exceeded quota")

// TestEqualToUpstreamInAnyState compares single decisions with those of the
// real controller.
func TestEqualToUpstreamInAnyState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		real := twin.NewReplicaSets(twin.NewAPI(t))
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(3000) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			s := newSituation(seed)
			for _, v := range s.views {
				actions, err := replicaset.Sync(v, time.Now())
				require.NoError(t, err)
				real.Check(t, v, s.sets, s.pods, actions)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

// broken are ReplicaSet controllers with a rule that is not Kubernetes'.
var broken = map[string]func(replicaset.View, time.Time) ([]replicaset.Action, error){
	"crowded nodes do not matter": func(v replicaset.View, now time.Time) ([]replicaset.Action, error) {
		v.Related = nil
		return replicaset.Sync(v, now)
	},
	"the oldest pod goes first": func(v replicaset.View, now time.Time) ([]replicaset.Action, error) {
		actions, err := replicaset.Sync(v, now)
		for i, a := range actions {
			if d, is := a.(replicaset.DeletePods); is {
				oldest := slices.Clone(v.Pods)
				slices.SortStableFunc(oldest,
					func(a, b *v1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
				actions[i] = replicaset.DeletePods{ReplicaSet: d.ReplicaSet, Pods: oldest[:len(d.Pods)]}
			}
		}
		return actions, err
	},
	"terminating pods count": func(v replicaset.View, now time.Time) ([]replicaset.Action, error) {
		v.Pods = slices.Clone(v.Pods)
		for i, pod := range v.Pods {
			v.Pods[i] = pod.DeepCopy()
			v.Pods[i].DeletionTimestamp = nil
		}
		return replicaset.Sync(v, now)
	},
	untold: func(v replicaset.View, now time.Time) ([]replicaset.Action, error) {
		v.Failure = nil
		return replicaset.Sync(v, now)
	},
}

// untold is the broken rule that shows only when a creation fails.
const untold = "a failure is not told"

// TestBrokenDecidersAreCaught: the comparison with the real controller in any
// state tells each of them.
func TestBrokenDecidersAreCaught(t *testing.T) {
	caught := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		real := twin.NewReplicaSets(twin.NewAPI(t))
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(400) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			s := newSituation(seed)
			for _, v := range s.views {
				v.Pods = slices.DeleteFunc(slices.Clone(v.Pods), twin.Released)
				for name, decide := range broken {
					v.Failure = nil
					if name == untold {
						v.Failure = errQuota
					}
					actions, err := decide(v, time.Now())
					require.NoError(t, err)
					if theirs, ours := real.Logs(v, s.sets, v.Related, actions); !slices.Equal(theirs, ours) {
						caught[name]++
					}
				}
			}
		}
	})
	for name := range broken {
		require.Positive(t, caught[name], name)
	}
}
