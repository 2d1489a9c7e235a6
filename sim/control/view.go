package control

import (
	"errors"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/klog/v2"
)

// DeploymentView is what the Deployment controller sees of one Deployment.
// All objects have gone through the API server's defaulting.
type DeploymentView struct {
	Deployment *apps.Deployment
	// ReplicaSets are those that the Deployment owns, in any order.
	ReplicaSets []*apps.ReplicaSet
	// Pods are their pods by the UID of the ReplicaSet, active or not. Only
	// the strategy Recreate looks at them.
	Pods map[types.UID][]*v1.Pod
}

// ReplicaSetView is what the ReplicaSet controller sees of one ReplicaSet.
type ReplicaSetView struct {
	ReplicaSet *apps.ReplicaSet
	// Pods are those that it owns, terminating ones included, in any order.
	Pods []*v1.Pod
	// Related are the active pods of all ReplicaSets of the same owner, its
	// own included: of two pods the one on the more crowded node goes first.
	Related []*v1.Pod
	// Failure is what the API server answered to a creation or deletion of the
	// last sync, nil when all went well. While there still are pods to create or
	// delete it is the condition ReplicaFailure; when to try again is then up to
	// the caller's back-off.
	Failure error
}

func (v *DeploymentView) validate() error {
	d := v.Deployment
	if d == nil {
		return errors.New("deployment: must be set, got nil")
	}
	path := "deployment " + d.Namespace + "/" + d.Name
	faults := []error{validReplicas(path, d.Spec.Replicas), validSelector(path, d.Spec.Selector)}
	faults = append(faults, validStrategy(path+": spec.strategy", d.Spec.Strategy))
	seen := map[types.UID]bool{}
	for i, rs := range v.ReplicaSets {
		if rs == nil {
			faults = append(faults, fmt.Errorf("%s: replicaSets[%d]: must be set, got nil", path, i))
			continue
		}
		path := path + ": replicaset " + rs.Name
		faults = append(faults, validReplicas(path, rs.Spec.Replicas))
		if rs.UID == "" || seen[rs.UID] {
			faults = append(faults, fmt.Errorf("%s: metadata.uid: must be set and unique, got %q", path, rs.UID))
		}
		seen[rs.UID] = true
	}
	return errors.Join(faults...)
}

func (v *ReplicaSetView) validate() error {
	rs := v.ReplicaSet
	if rs == nil {
		return errors.New("replicaset: must be set, got nil")
	}
	path := "replicaset " + rs.Namespace + "/" + rs.Name
	faults := []error{validReplicas(path, rs.Spec.Replicas), validSelector(path, rs.Spec.Selector)}
	for i, pod := range v.Pods {
		if pod == nil {
			faults = append(faults, fmt.Errorf("%s: pods[%d]: must be set, got nil", path, i))
		}
	}
	for i, pod := range v.Related {
		if pod == nil {
			faults = append(faults, fmt.Errorf("%s: related[%d]: must be set, got nil", path, i))
		}
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

func validReplicas(path string, replicas *int32) error {
	switch {
	case replicas == nil:
		return fmt.Errorf("%s: spec.replicas: must be set, got nil", path)
	case *replicas < 0:
		return fmt.Errorf("%s: spec.replicas: must be at least 0, got %d", path, *replicas)
	}
	return nil
}

func validSelector(path string, selector *metav1.LabelSelector) error {
	if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
		return fmt.Errorf("%s: spec.selector: must be a label selector, got %w", path, err)
	}
	return nil
}

// apiTime is an instant as it comes back from the API server: whole seconds.
func apiTime(t time.Time) metav1.Time {
	return metav1.NewTime(time.Unix(t.Unix(), 0).In(t.Location()))
}

// silent drops what upstream's helpers log: it goes into events and conditions
// where it matters.
var silent klog.Logger
