package deployment

import (
	"errors"
	"fmt"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/klog/v2"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller sees of one Deployment. It is read-only.
// All objects have gone through the API server's defaulting.
type View struct {
	Deployment *apps.Deployment
	// ReplicaSets are those that the Deployment owns, in any order.
	ReplicaSets []*apps.ReplicaSet
	// Pods are their pods by the UID of the ReplicaSet, active or not. Only
	// the strategy Recreate looks at them.
	Pods map[types.UID][]*v1.Pod
}

func (v *View) validate() error {
	d := v.Deployment
	if d == nil {
		return errors.New("deployment: must be set, got nil")
	}
	path := "deployment " + d.Namespace + "/" + d.Name
	faults := []error{control.ValidReplicas(path, d.Spec.Replicas), control.ValidSelector(path, d.Spec.Selector)}
	faults = append(faults, validStrategy(path+": spec.strategy", d.Spec.Strategy))
	seen := map[types.UID]bool{}
	for i, rs := range v.ReplicaSets {
		if rs == nil {
			faults = append(faults, fmt.Errorf("%s: replicaSets[%d]: must be set, got nil", path, i))
			continue
		}
		path := path + ": replicaset " + rs.Name
		faults = append(faults, control.ValidReplicas(path, rs.Spec.Replicas))
		if rs.UID == "" || seen[rs.UID] {
			faults = append(faults, fmt.Errorf("%s: metadata.uid: must be set and unique, got %q", path, rs.UID))
		}
		seen[rs.UID] = true
	}
	return errors.Join(faults...)
}

func validStrategy(path string, strategy apps.DeploymentStrategy) error {
	switch {
	case strategy.Type == apps.RecreateDeploymentStrategyType:
		return nil
	case strategy.Type != apps.RollingUpdateDeploymentStrategyType:
		return fmt.Errorf("%s.type: must be Recreate or RollingUpdate, got %q", path, strategy.Type)
	case strategy.RollingUpdate == nil:
		return fmt.Errorf("%s.rollingUpdate: must be set, got nil", path)
	}
	return errors.Join(
		validFencepost(path+".rollingUpdate.maxSurge", strategy.RollingUpdate.MaxSurge),
		validFencepost(path+".rollingUpdate.maxUnavailable", strategy.RollingUpdate.MaxUnavailable))
}

func validFencepost(path string, value *intstr.IntOrString) error {
	if n, err := intstr.GetScaledValueFromIntOrPercent(value, 100, true); err != nil || n < 0 {
		return fmt.Errorf("%s: must be a count or a percentage of at least 0, got %v", path, value)
	}
	return nil
}

// silent drops what upstream's helpers log: it goes into events and conditions
// where it matters.
var silent klog.Logger
