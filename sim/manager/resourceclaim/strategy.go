package resourceclaim

import (
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// strategy is the API server's for claims (pkg/registry/resource/resourceclaim/strategy.go).
type strategy struct{}

// PrepareForCreate implements apiserver.Strategy. The finalizer of a claim that was read
// from a cluster goes with its devices.
func (strategy) PrepareForCreate(o kinds.Object) {
	claim := o.(*resourcev1.ResourceClaim)
	claim.Status = resourcev1.ResourceClaimStatus{}
	claim.Finalizers = slices.DeleteFunc(claim.Finalizers, func(f string) bool { return f == resourcev1.Finalizer })
}

// PrepareForUpdate implements apiserver.Strategy.
func (strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*resourcev1.ResourceClaim), next.(*resourcev1.ResourceClaim)
	to.Status = from.Status
	return apiserver.ImmutableField(claimKind, to.Name, field.NewPath("spec"), to.Spec, from.Spec)
}

// templateStrategy is that for their templates (resourceclaimtemplate/strategy.go).
type templateStrategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (templateStrategy) PrepareForCreate(kinds.Object) {}

// PrepareForUpdate implements apiserver.Strategy.
func (templateStrategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*resourcev1.ResourceClaimTemplate), next.(*resourcev1.ResourceClaimTemplate)
	return apiserver.ImmutableField("ResourceClaimTemplate", to.Name, field.NewPath("spec"), to.Spec, from.Spec)
}
