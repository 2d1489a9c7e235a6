package keda

import (
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// strategy is the API server's for objects of a CustomResourceDefinition
// (apiextensions-apiserver, pkg/registry/customresource/strategy.go).
type strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (strategy) PrepareForCreate(kinds.Object) {}

// PrepareForUpdate implements apiserver.Strategy.
func (strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*keda.ScaledObject), next.(*keda.ScaledObject)
	to.Generation = from.Generation
	if !apiequality.Semantic.DeepEqual(from.Spec, to.Spec) {
		to.Generation++
	}
	return nil
}

// same reports whether two versions of a ScaledObject ask for the same.
func same(a, b *keda.ScaledObject) bool {
	return apiequality.Semantic.DeepEqual(a.Spec, b.Spec) && apiequality.Semantic.DeepEqual(a.Annotations, b.Annotations)
}
