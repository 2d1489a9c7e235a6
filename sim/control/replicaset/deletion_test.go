package replicaset_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// TestDeletionOrderAsRecorded replays a recorded scale-down of 10 ready pods
// of three ages on three nodes, one at a time: the most crowded node first,
// then the younger, then the lower UID. The last two were drawn by upstream
// from pods that it can't tell apart: of one age and one rank.
func TestDeletionOrderAsRecorded(t *testing.T) {
	rs := replicas(10)
	at := func(minute, second float64) time.Time {
		return time.Date(2026, 11, 24, 0, 56, 0, 0, time.UTC).Add(time.Duration((minute*60 + second) * 1e9))
	}
	first, second, third := at(0, 58), at(1, 41), at(1, 52)
	pods := []*v1.Pod{
		twin.Running(rs, "fb178bf4", "cpu-0", first, first.Add(3*time.Second)),
		twin.Running(rs, "3aee7857", "cpu-1", first, first.Add(3*time.Second)),
		twin.Running(rs, "538b9969", "cpu-2", first, first.Add(3*time.Second)),
		twin.Running(rs, "d3e16123", "cpu-0", first, first.Add(3*time.Second)),
		twin.Running(rs, "2a8d6745", "cpu-1", second, second.Add(3*time.Second)),
		twin.Running(rs, "c4c79021", "cpu-2", second, second.Add(3*time.Second)),
		twin.Running(rs, "abb75f74", "cpu-0", second, second.Add(3*time.Second)),
		twin.Running(rs, "5a9468ed", "cpu-1", third, third.Add(3*time.Second)),
		twin.Running(rs, "475fc666", "cpu-2", third, third.Add(3*time.Second)),
		twin.Running(rs, "746edeca", "cpu-0", third, third.Add(3*time.Second)),
	}
	for _, step := range []struct {
		now      time.Time
		recorded string
		tied     []string // with the recorded one
	}{
		{at(1, 58.02), "746edeca", nil},
		{at(1, 59.53), "475fc666", nil},
		{at(2, 1.04), "5a9468ed", nil},
		{at(2, 2.55), "abb75f74", nil},
		{at(2, 4.06), "2a8d6745", nil},
		{at(2, 5.57), "c4c79021", nil},
		{at(2, 7.08), "fb178bf4", []string{"d3e16123"}},
		{at(2, 8.59), "538b9969", []string{"3aee7857", "d3e16123"}},
	} {
		*rs.Spec.Replicas = int32(len(pods) - 1)
		actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods, Related: pods}, step.now)
		require.NoError(t, err)
		victims := actions[0].(replicaset.DeletePods).Pods
		require.Len(t, victims, 1)
		require.Contains(t, append(step.tied, step.recorded), string(victims[0].UID))
		require.Equal(t, "Deleted pod: "+victims[0].Name, actions[1].(replicaset.Event).Message)
		pods = slices.DeleteFunc(slices.Clone(pods), func(p *v1.Pod) bool { return string(p.UID) == step.recorded })
	}
}

// TestDeletionOrder has in each case a pod "b" that must go before "a".
func TestDeletionOrder(t *testing.T) {
	rs := replicas(1)
	old := epoch.Add(-time.Hour)
	pod := func(uid string, change func(*v1.Pod)) *v1.Pod {
		p := twin.Running(rs, uid, "n-"+uid, old, old)
		change(p)
		return p
	}
	same := func(*v1.Pod) {}
	for _, test := range []struct {
		name    string
		a, b    *v1.Pod
		related []*v1.Pod
	}{
		{"unassigned", pod("a", same), pod("b", func(p *v1.Pod) { p.Spec.NodeName = "" }), nil},
		{"pending", pod("a", same), pod("b", func(p *v1.Pod) { p.Status.Phase = v1.PodPending }), nil},
		{"not ready", pod("a", same), pod("b", func(p *v1.Pod) { p.Status.Conditions = nil }), nil},
		{"lower deletion cost", pod("a", same), pod("b", func(p *v1.Pod) {
			p.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": "-1"}
		}), nil},
		{"crowded node", pod("a", same), pod("b", same), []*v1.Pod{twin.Running(rs, "c", "n-b", old, old)}},
		{"younger bucket", pod("a", same), twin.Running(rs, "b", "n-b", old, epoch.Add(-time.Minute)), nil},
		{"same bucket: lower UID", twin.Running(rs, "z", "n-z", old, epoch.Add(-50*time.Minute)), pod("b", same), nil},
		{"restarts", pod("a", same), pod("b", func(p *v1.Pod) {
			p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", RestartCount: 1}}
		}), nil},
		{"created later", pod("a", same), twin.Running(rs, "b", "n-b", epoch.Add(-time.Minute), old), nil},
		{"full tie: lower UID", pod("z", same), pod("b", same), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, pods := range [][]*v1.Pod{{test.a, test.b}, {test.b, test.a}} {
				v := replicaset.View{ReplicaSet: rs, Pods: pods, Related: append(slices.Clone(pods), test.related...)}
				actions, err := replicaset.Sync(v, epoch)
				require.NoError(t, err)
				require.Equal(t, []*v1.Pod{test.b}, actions[0].(replicaset.DeletePods).Pods)
			}
		})
	}
}

// TestRelatedPodsNeedAController: upstream looks for siblings by the owner, and
// finds not even the ReplicaSet itself when there is none.
func TestRelatedPodsNeedAController(t *testing.T) {
	rs := replicas(2)
	old := epoch.Add(-time.Hour)
	pods := []*v1.Pod{twin.Running(rs, "a", "n1", old, old), twin.Running(rs, "b", "n2", old, old),
		twin.Running(rs, "c", "n2", old, old)}
	for _, test := range []struct {
		owners []metav1.OwnerReference
		victim types.UID
	}{{rs.OwnerReferences, "b"}, {nil, "a"}} {
		rs := rs.DeepCopy()
		rs.OwnerReferences = test.owners
		actions, err := replicaset.Sync(replicaset.View{ReplicaSet: rs, Pods: pods, Related: pods}, epoch)
		require.NoError(t, err)
		require.Equal(t, test.victim, actions[0].(replicaset.DeletePods).Pods[0].UID, fmt.Sprint(test.owners))
	}
}
