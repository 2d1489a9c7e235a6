package autoscaling

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Strategy is the API server's for HorizontalPodAutoscalers
// (pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*autoscalingv2.HorizontalPodAutoscaler).Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
}

// PrepareForUpdate implements apiserver.Strategy. A spec that means the same is
// kept as it was written first.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*autoscalingv2.HorizontalPodAutoscaler), next.(*autoscalingv2.HorizontalPodAutoscaler)
	to.Status, to.Generation = from.Status, from.Generation
	if apiequality.Semantic.DeepEqual(from.Spec, to.Spec) {
		to.Spec = from.Spec
	} else {
		to.Generation++
	}
	return nil
}
