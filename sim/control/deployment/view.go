package deployment

import (
	"errors"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
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
	// Refused are the API server's answers to the writes of this sync that it does not
	// take, by their number from 0: Sync then says what follows. The others are taken,
	// as far as is known.
	Refused map[int]error
}

func (v *View) validate() error {
	d := v.Deployment
	if d == nil {
		return errors.New("deployment: must be set, got nil")
	}
	f := control.FaultsOf("deployment", d)
	f.Replicas("", d.Spec.Replicas)
	f.Selector(d.Spec.Selector)
	checkStrategy(f, d.Spec.Strategy)
	seen := map[types.UID]bool{}
	for i, rs := range v.ReplicaSets {
		if rs == nil {
			f.Add("replicaSets[%d]: must be set, got nil", i)
			continue
		}
		path := "replicaset " + rs.Name + ": "
		f.Replicas(path, rs.Spec.Replicas)
		if rs.UID == "" || seen[rs.UID] {
			f.Add("%smetadata.uid: must be set and unique, got %q", path, rs.UID)
		}
		seen[rs.UID] = true
	}
	return f.Err()
}

func checkStrategy(f *control.Faults, strategy apps.DeploymentStrategy) {
	switch {
	case strategy.Type == apps.RecreateDeploymentStrategyType:
	case strategy.Type != apps.RollingUpdateDeploymentStrategyType:
		f.Add("spec.strategy.type: must be Recreate or RollingUpdate, got %q", strategy.Type)
	case strategy.RollingUpdate == nil:
		f.Add("spec.strategy.rollingUpdate: must be set, got nil")
	default:
		f.Fencepost("spec.strategy.rollingUpdate.maxSurge", strategy.RollingUpdate.MaxSurge)
		f.Fencepost("spec.strategy.rollingUpdate.maxUnavailable", strategy.RollingUpdate.MaxUnavailable)
	}
}

// silent drops what upstream's helpers log: it goes into events and conditions
// where it matters.
var silent klog.Logger
