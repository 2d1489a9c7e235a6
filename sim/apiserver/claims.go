package apiserver

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/ephemeral"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// ClaimsOf are the claims of a pod's volumes, as namespace/name: those that it names, and
// those that are made for its generic ephemeral volumes.
func ClaimsOf(o *v1.Pod) (list []string) {
	for i := range o.Spec.Volumes {
		v := &o.Spec.Volumes[i]
		switch {
		case v.PersistentVolumeClaim != nil:
			list = append(list, kinds.Key(o.Namespace, v.PersistentVolumeClaim.ClaimName))
		case v.Ephemeral != nil:
			list = append(list, kinds.Key(o.Namespace, ephemeral.VolumeClaimName(o, v)))
		}
	}
	return list
}
