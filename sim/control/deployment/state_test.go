package deployment

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
)

// states draws situations that a story hardly leads to: any status, any
// annotations, any conditions.
type states struct{ twin.States }

func (r states) deployment() *apps.Deployment {
	d := newStory(nil, r.Uint64()).d
	d.Generation = 1 + r.Int64N(3)
	d.Spec.Paused = r.IntN(6) == 0
	d.Spec.Template.Spec.Containers[0].Image = r.Pick("v1", "v2", "v3")
	d.Annotations = map[string]string{"note": "a", deploymentutil.RevisionAnnotation: r.Pick("1", "2", "x")}
	switch r.IntN(20) {
	case 0:
		d.Annotations[apps.DeprecatedRollbackTo] = r.Pick("0", "1", "2", "x")
	case 1:
		d.DeletionTimestamp = ptr.To(r.Ago())
	case 2:
		d.Spec.Selector = &metav1.LabelSelector{}
	}
	d.Status = apps.DeploymentStatus{
		ObservedGeneration: r.Int64N(3), Replicas: r.Int32N(9), UpdatedReplicas: r.Int32N(9), ReadyReplicas: r.Int32N(9),
		AvailableReplicas: r.Int32N(9),
	}
	if r.IntN(3) == 0 {
		d.Status.CollisionCount = ptr.To(r.Int32N(2))
	}
	if r.IntN(4) > 0 {
		d.Status.Conditions = append(d.Status.Conditions, apps.DeploymentCondition{
			Type: apps.DeploymentProgressing, Status: v1.ConditionStatus(r.Pick("True", "False", "Unknown")),
			LastUpdateTime: r.Ago(), LastTransitionTime: r.Ago(),
			Reason: r.Pick("NewReplicaSetCreated", "ReplicaSetUpdated", "NewReplicaSetAvailable", "ProgressDeadlineExceeded",
				"DeploymentPaused", "FoundNewReplicaSet"),
		})
	}
	if r.IntN(4) == 0 {
		d.Status.Conditions = append(d.Status.Conditions, apps.DeploymentCondition{Type: apps.DeploymentReplicaFailure,
			Status: v1.ConditionTrue})
	}
	return d
}

// view is a Deployment with up to four ReplicaSets and their pods.
func (r states) view() View {
	d := r.deployment()
	v := View{Deployment: d, ReplicaSets: r.ReplicaSets(d), Pods: map[types.UID][]*v1.Pod{}}
	for _, rs := range v.ReplicaSets {
		v.Pods[rs.UID] = slices.DeleteFunc(r.Pods(rs), twin.Released)
	}
	return v
}

// TestEqualToUpstreamInAnyState compares single decisions with those of the
// real controller.
func TestEqualToUpstreamInAnyState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(3000) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			v := states{twin.States{Rand: rand.New(rand.NewPCG(seed, 2)), Now: time.Now()}}.view()
			actions, err := Sync(v, time.Now())
			require.NoError(t, err)
			u.check(v, actions)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}
