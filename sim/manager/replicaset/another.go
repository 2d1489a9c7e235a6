package replicaset

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// AnotherPods are the workloads whose controllers make ReplicaSets, with one more
// pod of each that has a size.
func (c *Controller) AnotherPods() (list []manager.Candidate) {
	for _, k := range c.Kinds.Rows() {
		if !slices.Contains(k.Makes, "ReplicaSet") {
			continue
		}
		for owner := range c.All(k.Kind) {
			var last *appsv1.ReplicaSet
			for _, rs := range apiserver.Owned[*appsv1.ReplicaSet](c.Store, owner.GetUID()) {
				if *rs.Spec.Replicas > 0 {
					last = rs
				}
			}
			if last != nil {
				pod := replicaset.NewPod(last, last.Name+"-headroom", c.UID(), c.WallNow())
				pod.Spec.Volumes = slices.DeleteFunc(slices.Clone(pod.Spec.Volumes), func(v v1.Volume) bool {
					return v.Ephemeral != nil // its claim would be a new one
				})
				list = append(list, manager.Candidate{Workload: c.WorkloadOf(owner), Pod: pod})
			}
		}
	}
	return list
}
