package deployment

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"
)

var (
	quarter = intstr.FromString("25%")
	none    = intstr.FromInt32(0)
	one     = intstr.FromInt32(1)
)

// deployed is a world whose first rollout is over and forgotten, 100 s in.
func deployed(t *testing.T, d *apps.Deployment) *world {
	w := newWorld(t, d)
	w.run(100 * time.Second)
	require.Equal(t, "NewReplicaSetAvailable", w.progress[len(w.progress)-1])
	w.forget()
	return w
}

// TestRolloutSteps has the steps computed by hand from the bounds.
func TestRolloutSteps(t *testing.T) {
	for _, test := range []struct {
		name  string
		d     *apps.Deployment
		steps []string
	}{
		// At most 13, at least 8. All pods of a step get ready together.
		{"10 at 25%/25%", web(10, quarter, quarter), []string{
			"v2 0->3", "v1 10->8", "v2 3->5", "v1 8->3", "v2 5->10", "v1 3->0",
		}},
		// Rounded up to a surge of 1, rounded down to 0 unavailable.
		{"3 at 25%/25%", web(3, quarter, quarter), []string{
			"v2 0->1", "v1 3->2", "v2 1->2", "v1 2->1", "v2 2->3", "v1 1->0",
		}},
		{"3 at 1/0", web(3, one, none), []string{
			"v2 0->1", "v1 3->2", "v2 1->2", "v1 2->1", "v2 2->3", "v1 1->0",
		}},
		{"3 at 0/1", web(3, none, one), []string{
			"v1 3->2", "v2 0->1", "v1 2->1", "v2 1->2", "v1 1->0", "v2 2->3",
		}},
		{"1 at 25%/25%", web(1, quarter, quarter), []string{"v2 0->1", "v1 1->0"}},
		{"1 at 0/1", web(1, none, one), []string{"v1 1->0", "v2 0->1"}},
		// Both round to 0, which would never move: 1 may be unavailable.
		{"2 at 0/1%", web(2, none, intstr.FromString("1%")), []string{"v1 2->1", "v2 0->1", "v1 1->0", "v2 1->2"}},
		{"4 at 100%/0", web(4, intstr.FromString("100%"), none), []string{"v2 0->4", "v1 4->0"}},
		{"4 at 0/100%", web(4, none, intstr.FromString("100%")), []string{"v1 4->0", "v2 0->4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := deployed(t, test.d)
			w.write(SetImage(w.d, "c", "v2"))
			w.run(500 * time.Second)
			require.Equal(t, test.steps, w.scaled)
			require.Equal(t, []string{"NewReplicaSetCreated", "ReplicaSetUpdated", "NewReplicaSetAvailable"}, w.progress)
			require.Equal(t, "2", w.d.Annotations[deploymentutil.RevisionAnnotation])
			require.Equal(t, w.d.Generation, w.d.Status.ObservedGeneration)
			require.True(t, deploymentutil.DeploymentComplete(w.d, &w.d.Status))
		})
	}
}

func TestDeadlineWithinASecond(t *testing.T) {
	d := web(1, one, none)
	d.Spec.ProgressDeadlineSeconds = ptr.To[int32](60)
	w := deployed(t, d)
	w.readyAfter = func(int) time.Duration { return -1 }
	w.write(SetImage(w.d, "c", "v2"))
	// Somebody touches it 0.5 s before the deadline at 59.7 s: it is retried
	// until past that.
	w.run(159_198 * time.Millisecond)
	w.dirty[w.d.UID] = true
	w.run(300 * time.Second)
	require.Equal(t, "159.703s ProgressDeadlineExceeded", w.history[len(w.history)-1])
	cond := deploymentutil.GetDeploymentCondition(w.d.Status, apps.DeploymentProgressing)
	require.Equal(t, v1.ConditionFalse, cond.Status)
	require.Equal(t, `ReplicaSet "`+w.sets[1].Name+`" has timed out progressing.`, cond.Message)
	require.Empty(t, w.timers, "nothing left to wait for")
}

func TestRecreateWaitsForOldPods(t *testing.T) {
	d := web(3, one, none)
	d.Spec.Strategy = apps.DeploymentStrategy{Type: apps.RecreateDeploymentStrategyType}
	w := deployed(t, d)
	w.write(SetImage(w.d, "c", "v2"))
	w.run(200 * time.Second)
	require.Equal(t, []string{
		// No new ReplicaSet, no new rollout: that the old pods go isn't progress.
		"100.000s v1 3->0",
		"102.000s v2 0->3", "102.000s NewReplicaSetCreated", "102.000s ReplicaSetUpdated",
		"112.000s NewReplicaSetAvailable",
	}, w.history)
}

// TestScaleInTheMiddle scales a rollout of 10 at 25 %/25 % that stands at 8 old
// and 5 new of at most 13.
func TestScaleInTheMiddle(t *testing.T) {
	for _, test := range []struct {
		name  string
		to    int32
		steps []string
	}{
		// At most 25: 12 more, 8/13 and 5/13 of it: round(8 × 25/13) = 15 and 10.
		{"up", 20, []string{"v1 8->15", "v2 5->10"}},
		// At most 7: 6 fewer, to round(8 × 7/13) = 4 and 3.
		{"down", 5, []string{"v1 8->4", "v2 5->3"}},
		{"to nothing", 0, []string{"v1 8->0", "v2 5->0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := deployed(t, web(10, quarter, quarter))
			w.write(SetImage(w.d, "c", "v2"))
			w.run(105 * time.Second)
			require.Equal(t, []string{"v2 0->3", "v1 10->8", "v2 3->5"}, w.scaled)
			w.forget()
			w.write(Scale(w.d, test.to), nil)
			// One sync scales; the rollout goes on after it.
			w.syncDeployment()
			require.Equal(t, test.steps, w.scaled)
			for _, rs := range w.sets {
				desired, _ := deploymentutil.GetDesiredReplicasAnnotation(silent, rs)
				require.Equal(t, test.to, desired)
			}
			w.run(400 * time.Second)
			require.Equal(t, test.to, w.d.Status.UpdatedReplicas)
			require.True(t, deploymentutil.DeploymentComplete(w.d, &w.d.Status))
		})
	}
}

func TestScaleOutsideARollout(t *testing.T) {
	w := deployed(t, web(3, quarter, quarter))
	w.write(Scale(w.d, 5), nil)
	w.run(200 * time.Second)
	w.write(Scale(w.d, 2), nil)
	w.run(300 * time.Second)
	require.Equal(t, []string{"v1 3->5", "v1 5->2"}, w.scaled)
	require.Empty(t, w.progress, "scaling is no rollout")
	require.Equal(t, "2/2/2/2/0/0", w.status())
}

func TestUndoInTheMiddle(t *testing.T) {
	w := deployed(t, web(10, quarter, quarter))
	w.readyAfter = func(int) time.Duration { return -1 }
	w.write(SetImage(w.d, "c", "broken"))
	w.run(150 * time.Second)
	require.Equal(t, "13/5/8/8/5/0", w.status())
	w.forget()
	w.readyAfter = func(int) time.Duration { return 10 * time.Second }
	w.write(RolloutUndo(w.d, w.sets, 0))
	w.run(300 * time.Second)
	// The broken pods make room first: of 13, 8 must be available and are, so
	// all 5 can go; 8 are there already.
	require.Equal(t, []string{"broken 5->0", "v1 8->10"}, w.scaled)
	require.Equal(t, "3", w.d.Annotations[deploymentutil.RevisionAnnotation])
	require.Equal(t, "1", w.sets[0].Annotations[deploymentutil.RevisionHistoryAnnotation])
	require.Equal(t, "v1", w.d.Spec.Template.Spec.Containers[0].Image)
	require.NotContains(t, w.d.Spec.Template.Labels, apps.DefaultDeploymentUniqueLabelKey)
	require.Equal(t, "10/10/10/10/0/0", w.status())
}

func TestPauseAndResume(t *testing.T) {
	w := deployed(t, web(10, quarter, quarter))
	w.write(SetImage(w.d, "c", "v2"))
	w.run(105 * time.Second)
	w.forget()
	w.write(Pause(w.d))
	w.run(1000 * time.Second)
	require.Empty(t, w.scaled, "a paused rollout stands still")
	require.Equal(t, []string{"DeploymentPaused"}, w.progress, "and has no deadline")
	w.write(Scale(w.d, 20), nil)
	w.run(1010 * time.Second)
	require.Equal(t, []string{"v1 8->15", "v2 5->10"}, w.scaled, "but it can be scaled")
	w.forget()
	w.write(Resume(w.d))
	w.run(1500 * time.Second)
	require.Equal(t, []string{"DeploymentResumed", "ReplicaSetUpdated", "NewReplicaSetAvailable"}, w.progress)
	require.Equal(t, "20/20/20/20/0/0", w.status())
}

// TestMinReadySeconds has pods available at the whole second they got ready in
// plus 15 s.
func TestMinReadySeconds(t *testing.T) {
	d := web(2, one, none)
	d.Spec.MinReadySeconds = 15
	w := deployed(t, d)
	w.write(SetImage(w.d, "c", "v2"))
	w.run(200 * time.Second)
	require.Equal(t, []string{
		"100.000s v2 0->1", "100.000s NewReplicaSetCreated", "100.000s ReplicaSetUpdated",
		"124.700s v1 2->1", "124.700s v2 1->2",
		// Ready at 134.7 + .3 of the epoch: nothing to round.
		"149.700s v1 1->0", "149.700s NewReplicaSetAvailable",
	}, w.history)
}

func TestRevisionHistoryLimit(t *testing.T) {
	d := web(1, one, none)
	d.Spec.RevisionHistoryLimit = ptr.To[int32](2)
	w := deployed(t, d)
	for i, image := range []string{"v2", "v3", "v4", "v5"} {
		w.write(SetImage(w.d, "c", image))
		w.run(time.Duration(200+100*i) * time.Second)
	}
	var images []string
	for _, rs := range w.sets {
		images = append(images, rs.Spec.Template.Spec.Containers[0].Image)
	}
	require.Equal(t, []string{"v3", "v4", "v5"}, images)
	_, err := RolloutUndo(w.d, w.sets, 2)
	require.EqualError(t, err, "unable to find specified revision 2 in history")
}

func TestReplicaSetNameFits(t *testing.T) {
	require.Equal(t, "web-abc", replicaSetName("web", "abc"))
	long := strings.Repeat("w", 253)
	require.Equal(t, long[:249]+"-abc", replicaSetName(long, "abc"))
}

// TestHashCollision has the name of the new ReplicaSet taken by one of another
// template.
func TestHashCollision(t *testing.T) {
	w := deployed(t, web(1, one, none))
	w.write(SetImage(w.d, "c", "v2"))
	view := View{Deployment: w.d, ReplicaSets: w.sets}
	actions, err := Sync(view, w.now)
	require.NoError(t, err)
	taken := actions[0].(CreateReplicaSet).ReplicaSet.Name
	w.sets[0] = w.sets[0].DeepCopy()
	w.sets[0].Name = taken
	w.run(200 * time.Second)
	require.Equal(t, ptr.To[int32](1), w.d.Status.CollisionCount)
	require.Equal(t, "1/1/1/1/0/0", w.status())
	require.NotEqual(t, taken, w.sets[1].Name)
}

// TestReplicaFailureIsShown: the Deployment shows that of a ReplicaSet as its
// own, and no longer than it lasts.
func TestReplicaFailureIsShown(t *testing.T) {
	w := newWorld(t, web(1, one, none))
	w.run(20 * time.Second)
	w.sets[0] = w.sets[0].DeepCopy()
	w.sets[0].Status.Conditions = []apps.ReplicaSetCondition{{
		Type: apps.ReplicaSetReplicaFailure, Status: v1.ConditionTrue, LastTransitionTime: apiTime(epoch),
		Reason: "FailedCreate", Message: "exceeded quota",
	}}
	w.syncDeployment()
	got := w.d.Status.Conditions[len(w.d.Status.Conditions)-1]
	require.Equal(t, apps.DeploymentReplicaFailure, got.Type)
	require.Equal(t, "FailedCreate", got.Reason)
	w.sets[0] = w.sets[0].DeepCopy()
	w.sets[0].Status.Conditions = nil
	w.syncDeployment()
	require.Len(t, w.d.Status.Conditions, 2)
}
