package control

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func TestReplicaSetCreatesAtMostABurst(t *testing.T) {
	for _, test := range []struct {
		want  int32
		count int
	}{{3, 3}, {500, 500}, {501, 500}} {
		rs := replicas(test.want)
		actions, err := SyncReplicaSet(ReplicaSetView{ReplicaSet: rs}, epoch)
		require.NoError(t, err)
		require.Equal(t, CreatePods{ReplicaSet: rs, Count: test.count}, actions[0])
		// The status is the one from before.
		require.Equal(t, apps.ReplicaSetStatus{ObservedGeneration: 1, TerminatingReplicas: ptr.To[int32](0)}, actions[1].(UpdateReplicaSetStatus).Status)
		require.Len(t, actions, 2)
	}
}

func TestReplicaSetDeletesAtMostABurst(t *testing.T) {
	rs := replicas(0)
	var pods []*v1.Pod
	for i := range 600 {
		pods = append(pods, running(rs, string(rune('a'+i)), "n", epoch, epoch))
	}
	actions, err := SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Pods: pods}, epoch)
	require.NoError(t, err)
	require.Len(t, actions[0].(DeletePods).Pods, 500)
}

func TestReplicaSetStatus(t *testing.T) {
	rs := replicas(4)
	rs.Spec.MinReadySeconds = 10
	now := epoch.Add(time.Minute)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	terminating := running(rs, "t", "n", epoch, epoch)
	terminating.DeletionTimestamp = ptr.To(apiTime(now))
	failed := running(rs, "f", "n", epoch, epoch)
	failed.Status.Phase = v1.PodFailed
	foreign := running(rs, "x", "n", epoch, epoch)
	foreign.OwnerReferences = nil
	unlabelled := running(rs, "u", "n", epoch, epoch)
	rs.Spec.Template.Labels = map[string]string{"app": "web", "new": "label"}
	labelled := running(rs, "l", "n", epoch, ago(10*time.Second))
	labelled.Labels = map[string]string{"app": "web", "new": "label", apps.DefaultDeploymentUniqueLabelKey: "x"}
	pods := []*v1.Pod{
		terminating, failed, foreign, unlabelled, labelled,
		running(rs, "young", "n", epoch, ago(3*time.Second)),
		running(rs, "unready", "n", epoch, time.Time{}),
	}
	for _, pod := range pods[5:] {
		pod.Labels = labelled.Labels
	}
	actions, err := SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Pods: pods}, now)
	require.NoError(t, err)
	require.Equal(t, []Action{
		UpdateReplicaSetStatus{ReplicaSet: rs, Status: apps.ReplicaSetStatus{
			Replicas: 4, FullyLabeledReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 2, ObservedGeneration: 1,
			TerminatingReplicas: ptr.To[int32](1),
		}},
		// Ready for 3.3 s by its condition, which has lost the fraction.
		RequeueAfter{After: 6700 * time.Millisecond},
	}, actions)

	// Nothing changed, so nothing to write; the wait goes on.
	rs.Status = actions[0].(UpdateReplicaSetStatus).Status
	actions, err = SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Pods: pods}, now.Add(6*time.Second))
	require.NoError(t, err)
	require.Equal(t, []Action{RequeueAfter{After: 700 * time.Millisecond}}, actions)

	// A new generation is a new status, though all counts stay.
	rs.Generation = 2
	actions, err = SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Pods: pods}, now.Add(6*time.Second))
	require.NoError(t, err)
	require.Equal(t, int64(2), actions[0].(UpdateReplicaSetStatus).Status.ObservedGeneration)
}

func TestReplicaFailure(t *testing.T) {
	quota := errors.New("exceeded quota")
	rs := replicas(1)
	sync := func(failure error, at time.Time) []Action {
		actions, err := SyncReplicaSet(ReplicaSetView{ReplicaSet: rs, Failure: failure}, at)
		require.NoError(t, err)
		for _, a := range actions {
			if a, ok := a.(UpdateReplicaSetStatus); ok {
				rs.Status = a.Status
			}
		}
		return actions
	}
	sync(nil, epoch)
	require.Empty(t, rs.Status.Conditions)
	sync(quota, epoch)
	want := []apps.ReplicaSetCondition{{
		Type: apps.ReplicaSetReplicaFailure, Status: v1.ConditionTrue, LastTransitionTime: apiTime(epoch),
		Reason: "FailedCreate", Message: "exceeded quota",
	}}
	require.Equal(t, want, rs.Status.Conditions)
	require.Len(t, sync(errors.New("exceeded quota again"), epoch.Add(time.Minute)), 1, "nothing but the next attempt")
	require.Equal(t, want, rs.Status.Conditions)

	// The Deployment shows it as its own, and no longer than it lasts.
	w := newWorld(t, web(1, one, none))
	w.run(20 * time.Second)
	w.sets[0] = w.sets[0].DeepCopy()
	w.sets[0].Status.Conditions = want
	w.syncDeployment()
	got := w.d.Status.Conditions[len(w.d.Status.Conditions)-1]
	require.Equal(t, apps.DeploymentReplicaFailure, got.Type)
	require.Equal(t, "FailedCreate", got.Reason)
	w.sets[0] = w.sets[0].DeepCopy()
	w.sets[0].Status.Conditions = nil
	w.syncDeployment()
	require.Len(t, w.d.Status.Conditions, 2)

	sync(nil, epoch.Add(time.Hour))
	require.Empty(t, rs.Status.Conditions)
}

func TestDeletedReplicaSetKeepsItsPods(t *testing.T) {
	rs := replicas(3)
	rs.DeletionTimestamp = ptr.To(apiTime(epoch))
	actions, err := SyncReplicaSet(ReplicaSetView{ReplicaSet: rs}, epoch)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.IsType(t, UpdateReplicaSetStatus{}, actions[0])
}

func TestPodEvents(t *testing.T) {
	rs := replicas(1)
	e := PodCreated(rs, "web-x-1")
	require.Equal(t, Event{
		Object: v1.ObjectReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Namespace: "default", Name: "web-x", UID: "rs"},
		Type:   "Normal", Reason: "SuccessfulCreate", Message: "Created pod: web-x-1",
	}, e)
	e = PodNotCreated(rs, errors.New("exceeded quota"))
	require.Equal(t, []string{"Warning", "FailedCreate", "Error creating: exceeded quota"}, []string{e.Type, e.Reason, e.Message})
}

func TestSlowStartBatches(t *testing.T) {
	for n, want := range map[int][]int{
		-1: nil, 0: nil, 1: {1}, 2: {1, 1}, 3: {1, 2}, 6: {1, 2, 3}, 7: {1, 2, 4}, 200: {1, 2, 4, 8, 16, 32, 64, 73},
	} {
		require.Equal(t, want, SlowStartBatches(n), n)
	}
}
