package replicaset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Strategy is the API server's for ReplicaSets
// (pkg/registry/apps/replicaset/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*appsv1.ReplicaSet).Status = appsv1.ReplicaSetStatus{}
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*appsv1.ReplicaSet), next.(*appsv1.ReplicaSet)
	if err := apiserver.Immutable("ReplicaSet", to.Name, to.Spec.Selector, from.Spec.Selector); err != nil {
		return err
	}
	to.Status, to.Generation = from.Status, from.Generation
	if *to.Spec.Replicas != *from.Spec.Replicas {
		to.Generation++
	}
	return nil
}
