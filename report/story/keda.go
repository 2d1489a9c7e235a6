package story

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// activated tells what KEDA's operator does and says of a ScaledObject
// (executor/scale_scaledobjects.go), and why it does nothing.
func (s *Story) activated(r record.Activation) {
	object := "ScaledObject " + r.ScaledObject
	target := record.ParseKey(r.Workload).Object()
	for _, failed := range r.Failed {
		s.add(r.T, "Warning", "KEDAScalerFailed", object, failed)
	}
	switch {
	case r.To > r.From:
		s.add(r.T, "Normal", "KEDAScaleTargetActivated", object, fmt.Sprintf("Scaled %s from %d to %d, %s", target, r.From,
			r.To, r.Reason))
	case r.To < r.From:
		s.add(r.T, "Normal", "KEDAScaleTargetDeactivated", object, fmt.Sprintf("Deactivated %s from %d to %d, %s", target,
			r.From, r.To, r.Reason))
	default:
		s.add(r.T, "Normal", "KEDANotScaled", object, fmt.Sprintf("%s stays at %d: %s", target, r.From, r.Reason))
	}
}
