package deployment

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Strategy is the API server's for Deployments
// (pkg/registry/apps/deployment/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*appsv1.Deployment).Status = appsv1.DeploymentStatus{}
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*appsv1.Deployment), next.(*appsv1.Deployment)
	if err := apiserver.Immutable("Deployment", to.Name, to.Spec.Selector, from.Spec.Selector); err != nil {
		return err
	}
	to.Status, to.Generation = from.Status, from.Generation
	if !apiequality.Semantic.DeepEqual(to.Spec, from.Spec) {
		to.Generation++
	}
	return nil
}

// Rollouts is kubectl rollout for Deployments.
type Rollouts struct{}

// Undo implements manager.Rollouts.
func (Rollouts) Undo(o kinds.Object, history []kinds.Object, to int64) (kinds.Object, error) {
	return manager.Object(deployment.RolloutUndo(o.(*appsv1.Deployment), manager.Typed[*appsv1.ReplicaSet](history), to))
}

// Restart implements manager.Rollouts.
func (Rollouts) Restart(o kinds.Object, now time.Time) (kinds.Object, error) {
	return manager.Object(deployment.RolloutRestart(o.(*appsv1.Deployment), now))
}

// Pause implements manager.Pausing.
func (Rollouts) Pause(o kinds.Object) (kinds.Object, error) {
	return manager.Object(deployment.Pause(o.(*appsv1.Deployment)))
}

// Resume implements manager.Pausing.
func (Rollouts) Resume(o kinds.Object) (kinds.Object, error) {
	return manager.Object(deployment.Resume(o.(*appsv1.Deployment)))
}
