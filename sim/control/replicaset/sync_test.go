package replicaset_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

func TestCreatesAtMostABurst(t *testing.T) {
	for _, test := range []struct {
		want  int32
		count int
	}{{3, 3}, {500, 500}, {501, 500}} {
		rs := replicas(test.want)
		actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs}, epoch)
		require.NoError(t, err)
		require.Equal(t, replicaset.CreatePods{ReplicaSet: rs, Count: test.count}, actions[0])
		// The status is the one from before.
		require.Equal(t, apps.ReplicaSetStatus{ObservedGeneration: 1, TerminatingReplicas: ptr.To[int32](0)},
			actions[1].(replicaset.UpdateStatus).Status)
		require.Len(t, actions, 2)
	}
}

func TestDeletesAtMostABurst(t *testing.T) {
	rs := replicas(0)
	var pods []*v1.Pod
	for i := range 600 {
		pods = append(pods, twin.Running(rs, string(rune('a'+i)), "n", epoch, epoch))
	}
	actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods}, epoch)
	require.NoError(t, err)
	require.Len(t, actions[0].(replicaset.DeletePods).Pods, 500)
}

func TestStatus(t *testing.T) {
	rs := replicas(4)
	rs.Spec.MinReadySeconds = 10
	now := epoch.Add(time.Minute)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	terminating := twin.Running(rs, "t", "n", epoch, epoch)
	terminating.DeletionTimestamp = ptr.To(apiTime(now))
	failed := twin.Running(rs, "f", "n", epoch, epoch)
	failed.Status.Phase = v1.PodFailed
	foreign := twin.Running(rs, "x", "n", epoch, epoch)
	foreign.OwnerReferences = nil
	unlabelled := twin.Running(rs, "u", "n", epoch, epoch)
	rs.Spec.Template.Labels = map[string]string{"app": "web", "new": "label"}
	labelled := twin.Running(rs, "l", "n", epoch, ago(10*time.Second))
	labelled.Labels = map[string]string{"app": "web", "new": "label", apps.DefaultDeploymentUniqueLabelKey: "x"}
	pods := []*v1.Pod{
		terminating, failed, foreign, unlabelled, labelled,
		twin.Running(rs, "young", "n", epoch, ago(3*time.Second)),
		twin.Running(rs, "unready", "n", epoch, time.Time{}),
	}
	for _, pod := range pods[5:] {
		pod.Labels = labelled.Labels
	}
	actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods}, now)
	require.NoError(t, err)
	require.Equal(t, []replicaset.Action{
		replicaset.UpdateStatus{ReplicaSet: rs, Status: apps.ReplicaSetStatus{
			Replicas: 4, FullyLabeledReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 2, ObservedGeneration: 1,
			TerminatingReplicas: ptr.To[int32](1),
		}},
		// Ready for 3.3 s by its condition, which has lost the fraction.
		replicaset.RequeueAfter{After: 6700 * time.Millisecond},
	}, actions)

	// Nothing changed, so nothing to write; the wait goes on.
	rs.Status = actions[0].(replicaset.UpdateStatus).Status
	actions, err = replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods}, now.Add(6*time.Second))
	require.NoError(t, err)
	require.Equal(t, []replicaset.Action{replicaset.RequeueAfter{After: 700 * time.Millisecond}}, actions)

	// A new generation is a new status, though all counts stay.
	rs.Generation = 2
	actions, err = replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods}, now.Add(6*time.Second))
	require.NoError(t, err)
	require.Equal(t, int64(2), actions[0].(replicaset.UpdateStatus).Status.ObservedGeneration)
}

func TestReplicaFailure(t *testing.T) {
	quota := errors.New("exceeded quota")
	rs := replicas(1)
	sync := func(failure error, at time.Time) []replicaset.Action {
		actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs, Failure: failure}, at)
		require.NoError(t, err)
		for _, a := range actions {
			if a, ok := a.(replicaset.UpdateStatus); ok {
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

	sync(nil, epoch.Add(time.Hour))
	require.Empty(t, rs.Status.Conditions)
}

func TestDeletedReplicaSetKeepsItsPods(t *testing.T) {
	rs := replicas(3)
	rs.DeletionTimestamp = ptr.To(apiTime(epoch))
	actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs}, epoch)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.IsType(t, replicaset.UpdateStatus{}, actions[0])
}

func TestPodEvents(t *testing.T) {
	require.Equal(t, replicaset.Event{Type: "Normal", Reason: "SuccessfulCreate", Message: "Created pod: web-x-1"},
		replicaset.PodCreated("web-x-1"))
	require.Equal(t, replicaset.Event{Type: "Warning", Reason: "FailedCreate", Message: "Error creating: exceeded quota"},
		replicaset.PodNotCreated(errors.New("exceeded quota")))
}
