package deployment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/utils/ptr"
)

// TestQuarterRolloutAsRecorded replays a recorded rollout of 10 replicas at
// 25 %/25 % from the times its new pods became ready.
func TestQuarterRolloutAsRecorded(t *testing.T) {
	w := deployed(t, web(10, quarter, quarter))
	ready := []float64{10.137, 10.249, 10.249, 10.386, 10.426, 20.252, 20.337, 20.385, 20.551, 20.620}
	start, first := w.now, w.created
	w.readyAfter = func(n int) time.Duration {
		return start.Add(time.Duration(ready[n-first] * 1e9)).Sub(w.now)
	}
	var statuses []string
	w.onDeployment = func(_ View, actions []Action) {
		for _, a := range actions {
			if a, ok := a.(UpdateStatus); ok {
				statuses = append(statuses, statusOf(a.Status))
			}
		}
	}
	w.write(SetImage(w.d, "c", "v2"))
	w.run(130 * time.Second)
	require.Equal(t, []string{
		"v2 0->3", "v1 10->8", "v2 3->5",
		"v1 8->7", "v2 5->6", "v1 7->5", "v2 6->8", "v1 5->4", "v2 8->9", "v1 4->3", "v2 9->10",
		"v1 3->2", "v1 2->1", "v1 1->0",
	}, w.scaled)
	// The status that the creating sync computes is lost by a conflict: of the
	// total, 8 old and 3 new, the recording shows 1 unavailable first.
	require.Equal(t, "10/0/10/10/1/0", statuses[0])
	require.Contains(t, statuses, "8/0/8/8/5/2")
	require.Contains(t, statuses, "13/5/8/8/5/2")
	require.Contains(t, statuses, "13/10/8/8/5/5")
	require.Equal(t, "10/10/10/10/0/0", w.status())
}

// TestZeroDowntimeRolloutAsRecorded is a recorded rollout of 6 replicas at
// 1/0: a pod every 10 s, never fewer than 6 ready.
func TestZeroDowntimeRolloutAsRecorded(t *testing.T) {
	w := deployed(t, web(6, one, none))
	w.onDeployment = func(view View, _ []Action) {
		require.GreaterOrEqual(t, view.Deployment.Status.AvailableReplicas, int32(6))
	}
	w.write(SetImage(w.d, "c", "v2"))
	w.run(200 * time.Second)
	require.Equal(t, []string{
		"100.000s v2 0->1", "100.000s NewReplicaSetCreated", "100.000s ReplicaSetUpdated",
		"110.000s v1 6->5", "110.000s v2 1->2",
		"120.000s v1 5->4", "120.000s v2 2->3",
		"130.000s v1 4->3", "130.000s v2 3->4",
		"140.000s v1 3->2", "140.000s v2 4->5",
		"150.000s v1 2->1", "150.000s v2 5->6",
		"160.000s v1 1->0", "160.000s NewReplicaSetAvailable",
	}, w.history)
}

// TestDeadlineAsRecorded is a recorded rollout of 4 replicas at 1/0 with a
// deadline of 60 s, whose new pod finds no node for 76 s.
func TestDeadlineAsRecorded(t *testing.T) {
	d := web(4, one, none)
	d.Spec.ProgressDeadlineSeconds = ptr.To[int32](60)
	w := deployed(t, d)
	first := w.created
	w.readyAfter = func(n int) time.Duration {
		if n == first {
			return 86350 * time.Millisecond
		}
		return 10 * time.Second
	}
	w.write(SetImage(w.d, "c", "v2"))
	w.run(300 * time.Second)
	// The epoch is at .3 s, the condition's time without it: 61 s after that.
	require.Equal(t, []string{
		"100.000s v2 0->1", "100.000s NewReplicaSetCreated", "100.000s ReplicaSetUpdated",
		"160.700s ProgressDeadlineExceeded",
		"186.350s v1 4->3", "186.350s ReplicaSetUpdated", "186.350s v2 1->2",
		"196.350s v1 3->2", "196.350s v2 2->3",
		"206.350s v1 2->1", "206.350s v2 3->4",
		"216.350s v1 1->0", "216.350s NewReplicaSetAvailable",
	}, w.history)
}
