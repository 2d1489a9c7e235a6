package statefulset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Strategy is the API server's for StatefulSets
// (pkg/registry/apps/statefulset/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	o.(*appsv1.StatefulSet).Status = appsv1.StatefulSetStatus{}
}

// PrepareForUpdate implements apiserver.Strategy. Of the spec it takes only what
// may be changed.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*appsv1.StatefulSet), next.(*appsv1.StatefulSet)
	spec := from.Spec.DeepCopy()
	copyMutable(spec, &to.Spec)
	if !apiequality.Semantic.DeepEqual(*spec, to.Spec) {
		return apiserver.Invalid("StatefulSet", to.Name, field.Forbidden(field.NewPath("spec"), onlyMutable))
	}
	to.Spec, to.Status, to.Generation = *spec, from.Status, from.Generation
	if !apiequality.Semantic.DeepEqual(to.Spec, from.Spec) {
		to.Generation++
	}
	return nil
}

// onlyMutable is the API server's answer to a change of another field
// (pkg/apis/apps/validation/validation.go, ValidateStatefulSetUpdate).
const onlyMutable = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
	"'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

// copyMutable copies the fields of a StatefulSet that may be changed.
func copyMutable(to, from *appsv1.StatefulSetSpec) {
	to.Replicas, to.Ordinals, to.Template = from.Replicas, from.Ordinals, from.Template
	to.UpdateStrategy, to.RevisionHistoryLimit = from.UpdateStrategy, from.RevisionHistoryLimit
	to.PersistentVolumeClaimRetentionPolicy = from.PersistentVolumeClaimRetentionPolicy
	to.MinReadySeconds = from.MinReadySeconds
}

// Rollouts is kubectl rollout for StatefulSets.
type Rollouts struct{}

// Undo implements manager.Rollouts.
func (Rollouts) Undo(o kinds.Object, history []kinds.Object, to int64) (kinds.Object, error) {
	revisions := manager.Typed[*appsv1.ControllerRevision](history)
	return manager.Object(statefulset.RolloutUndo(o.(*appsv1.StatefulSet), revisions, to))
}

// Restart implements manager.Rollouts.
func (Rollouts) Restart(o kinds.Object, now time.Time) (kinds.Object, error) {
	return manager.Object(statefulset.RolloutRestart(o.(*appsv1.StatefulSet), now))
}
