package deployment

import (
	"fmt"
	"slices"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

func (w *world) createPod(rs *apps.ReplicaSet) {
	n := w.created
	w.created++
	pod := replicaset.NewPod(rs, fmt.Sprintf("%s-%d", rs.Name, n), w.uid(), w.now)
	pod.Spec.NodeName = fmt.Sprintf("node-%d", n%3)
	pod.Status.Phase = v1.PodRunning
	w.pods[rs.UID] = append(slices.Clone(w.pods[rs.UID]), pod)
	w.dirty[rs.UID] = true
	if d := w.readyAfter(n); d >= 0 {
		w.after(d, func() { w.setReady(rs.UID, pod.UID, v1.ConditionTrue) })
	}
}

// change replaces a pod by a changed copy, if it still exists.
func (w *world) change(rs, uid types.UID, change func(*v1.Pod)) {
	list := slices.Clone(w.pods[rs])
	for i, pod := range list {
		if pod.UID == uid {
			list[i] = pod.DeepCopy()
			change(list[i])
			w.pods[rs], w.dirty[rs] = list, true
		}
	}
}

func (w *world) setReady(rs, uid types.UID, status v1.ConditionStatus) {
	w.change(rs, uid, func(pod *v1.Pod) {
		pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: status, LastTransitionTime: apiTime(w.now)}}
	})
}

func (w *world) deletePod(rs *apps.ReplicaSet, pod *v1.Pod) {
	w.change(rs.UID, pod.UID, func(pod *v1.Pod) { pod.DeletionTimestamp = ptr.To(apiTime(w.now)) })
	w.after(w.stopAfter, func() {
		w.pods[rs.UID] = slices.DeleteFunc(slices.Clone(w.pods[rs.UID]), func(x *v1.Pod) bool { return x.UID == pod.UID })
		w.dirty[rs.UID] = true
		// As deletePod does for the strategy Recreate.
		w.dirty[w.d.UID] = true
	})
}

func (w *world) active() []*v1.Pod {
	var list []*v1.Pod
	for _, rs := range w.sets {
		for _, pod := range w.pods[rs.UID] {
			if pod.DeletionTimestamp == nil {
				list = append(list, pod)
			}
		}
	}
	return list
}
