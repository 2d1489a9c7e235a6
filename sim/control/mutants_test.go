package control

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// brokenDeployments are Deployment controllers with a rule that is not
// Kubernetes'.
var brokenDeployments = map[string]func(DeploymentView, time.Time) ([]Action, error){
	"one pod more may be unavailable": func(v DeploymentView, now time.Time) ([]Action, error) {
		v.Deployment = v.Deployment.DeepCopy()
		if r := v.Deployment.Spec.Strategy.RollingUpdate; r != nil && r.MaxUnavailable.Type == intstr.Int {
			r.MaxUnavailable = ptr.To(intstr.FromInt32(r.MaxUnavailable.IntVal + 1))
		}
		return SyncDeployment(v, now)
	},
	"Recreate does not wait for old pods": func(v DeploymentView, now time.Time) ([]Action, error) {
		v.Pods = nil
		return SyncDeployment(v, now)
	},
	"a pause is not seen": func(v DeploymentView, now time.Time) ([]Action, error) {
		v.Deployment = v.Deployment.DeepCopy()
		v.Deployment.Spec.Paused = false
		return SyncDeployment(v, now)
	},
	"the progress deadline is a second too late": func(v DeploymentView, now time.Time) ([]Action, error) {
		return SyncDeployment(v, now.Add(-time.Second))
	},
	"old ReplicaSets are kept": func(v DeploymentView, now time.Time) ([]Action, error) {
		actions, err := SyncDeployment(v, now)
		return slices.DeleteFunc(actions, func(a Action) bool { _, is := a.(DeleteReplicaSet); return is }), err
	},
}

// untold is the broken rule that shows only when a creation fails.
const untold = "a failure is not told"

var errQuota = errors.New("exceeded quota")

// brokenReplicaSets are ReplicaSet controllers of that kind.
var brokenReplicaSets = map[string]func(ReplicaSetView, time.Time) ([]Action, error){
	"crowded nodes do not matter": func(v ReplicaSetView, now time.Time) ([]Action, error) {
		v.Related = nil
		return SyncReplicaSet(v, now)
	},
	"the oldest pod goes first": func(v ReplicaSetView, now time.Time) ([]Action, error) {
		actions, err := SyncReplicaSet(v, now)
		for i, a := range actions {
			if d, is := a.(DeletePods); is {
				oldest := slices.Clone(v.Pods)
				slices.SortStableFunc(oldest, func(a, b *v1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
				actions[i] = DeletePods{ReplicaSet: d.ReplicaSet, Pods: oldest[:len(d.Pods)]}
			}
		}
		return actions, err
	},
	"terminating pods count": func(v ReplicaSetView, now time.Time) ([]Action, error) {
		v.Pods = slices.Clone(v.Pods)
		for i, pod := range v.Pods {
			v.Pods[i] = pod.DeepCopy()
			v.Pods[i].DeletionTimestamp = nil
		}
		return SyncReplicaSet(v, now)
	},
	untold: func(v ReplicaSetView, now time.Time) ([]Action, error) {
		v.Failure = nil
		return SyncReplicaSet(v, now)
	},
}

// TestBrokenDecidersAreCaught: the comparison with the real controllers in any
// state tells each of them.
func TestBrokenDecidersAreCaught(t *testing.T) {
	caught := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(400) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			r := states{rand.New(rand.NewPCG(seed, 3)), time.Now()}
			d := r.deployment()
			v := DeploymentView{Deployment: d, ReplicaSets: r.replicaSets(d), Pods: map[types.UID][]*v1.Pod{}}
			var owned []*v1.Pod
			for _, rs := range v.ReplicaSets {
				v.Pods[rs.UID] = slices.DeleteFunc(r.pods(rs), released)
				owned = append(owned, v.Pods[rs.UID]...)
			}
			for name, broken := range brokenDeployments {
				actions, err := broken(v, r.now)
				require.NoError(t, err)
				if theirs, ours := u.deploymentLogs(v, actions); !slices.Equal(theirs, ours) {
					caught[name]++
				}
			}
			for _, rs := range v.ReplicaSets {
				view := ReplicaSetView{ReplicaSet: rs, Pods: v.Pods[rs.UID], Related: owned}
				for name, broken := range brokenReplicaSets {
					if name == untold {
						continue // see countUntold
					}
					actions, err := broken(view, r.now)
					require.NoError(t, err)
					if theirs, ours := u.replicaSetLogs(view, v.ReplicaSets, owned, actions); !slices.Equal(theirs, ours) {
						caught[name]++
					}
				}
				u.countUntold(view, v.ReplicaSets, owned, r.now, caught)
			}
		}
	})
	for name := range brokenDeployments {
		require.Positive(t, caught[name], name)
	}
	for name := range brokenReplicaSets {
		require.Positive(t, caught[name], name)
	}
}

// countUntold lets a creation fail, which the broken controller does not tell.
func (u *upstream) countUntold(view ReplicaSetView, sets []*apps.ReplicaSet, all []*v1.Pod, now time.Time, caught map[string]int) {
	view.Failure = errQuota
	actions, err := brokenReplicaSets[untold](view, now)
	require.NoError(u.t, err)
	if theirs, ours := u.replicaSetLogs(view, sets, all, actions); !slices.Equal(theirs, ours) {
		caught[untold]++
	}
}
