package control

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ValidReplicas is the fault of spec.replicas of the object at path, nil when
// there is none.
func ValidReplicas(path string, replicas *int32) error {
	switch {
	case replicas == nil:
		return fmt.Errorf("%s: spec.replicas: must be set, got nil", path)
	case *replicas < 0:
		return fmt.Errorf("%s: spec.replicas: must be at least 0, got %d", path, *replicas)
	}
	return nil
}

// ValidSelector is the fault of spec.selector of the object at path, nil when
// there is none.
func ValidSelector(path string, selector *metav1.LabelSelector) error {
	if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
		return fmt.Errorf("%s: spec.selector: must be a label selector, got %w", path, err)
	}
	return nil
}
