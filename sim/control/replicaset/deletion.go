package replicaset

import (
	"cmp"
	"slices"
	"sort"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"
)

// podsToDelete are the n pods of active to delete, the least wanted first:
// unassigned, Pending, not Ready, of low deletion cost, with many related pods
// on its node, ready or created a shorter time ago on a scale of powers of two
// (replica_set.go, getPodsToDelete; controller_utils.go, ActivePodsWithRanks).
// Upstream sorts its pods from whatever order its cache has them in, and the
// rules leave ties and even circles; this is the same sort from the order of
// their UIDs.
//
// Upstream doesn't find the related pods of a ReplicaSet without a controller,
// its own included.
func podsToDelete(rs *apps.ReplicaSet, active, related []*v1.Pod, n int, now time.Time) []*v1.Pod {
	if metav1.GetControllerOfNoCopy(rs) == nil {
		related = nil
	}
	pods := slices.Clone(active)
	slices.SortFunc(pods, func(a, b *v1.Pod) int {
		return cmp.Or(cmp.Compare(a.UID, b.UID), cmp.Compare(a.Name, b.Name))
	})
	perNode := map[string]int{}
	for _, pod := range related {
		if controller.IsPodActive(pod) {
			perNode[pod.Spec.NodeName]++
		}
	}
	ranks := make([]int, len(pods))
	for i, pod := range pods {
		ranks[i] = perNode[pod.Spec.NodeName]
	}
	sort.Sort(controller.ActivePodsWithRanks{Pods: pods, Rank: ranks, Now: metav1.NewTime(now)})
	return pods[:n]
}
