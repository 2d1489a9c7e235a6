package daemonset

import (
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller/daemon/util"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Strategy is the API server's for DaemonSets, which counts changes of the
// template apart (pkg/registry/apps/daemonset/strategy.go).
type Strategy struct{}

// PrepareForCreate implements apiserver.Strategy.
func (Strategy) PrepareForCreate(o kinds.Object) {
	ds := o.(*appsv1.DaemonSet)
	ds.Status = appsv1.DaemonSetStatus{}
	countTemplate(ds, templateGeneration(ds))
}

// PrepareForUpdate implements apiserver.Strategy.
func (Strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*appsv1.DaemonSet), next.(*appsv1.DaemonSet)
	if err := apiserver.Immutable("DaemonSet", to.Name, to.Spec.Selector, from.Spec.Selector); err != nil {
		return err
	}
	to.Status, to.Generation = from.Status, from.Generation
	if !apiequality.Semantic.DeepEqual(to.Spec, from.Spec) {
		to.Generation++
	}
	count := templateGeneration(from)
	if !apiequality.Semantic.DeepEqual(to.Spec.Template, from.Spec.Template) {
		count++
	}
	countTemplate(to, count)
	return nil
}

// templateGeneration is 0 when there is none.
func templateGeneration(o *appsv1.DaemonSet) int64 {
	if count, err := util.GetTemplateGeneration(o); err == nil && count != nil {
		return *count
	}
	return 0
}

// countTemplate sets the generation of the template, which apps/v1 shows as an
// annotation.
func countTemplate(o *appsv1.DaemonSet, count int64) {
	value := strconv.FormatInt(max(1, count), 10)
	metav1.SetMetaDataAnnotation(&o.ObjectMeta, appsv1.DeprecatedTemplateGeneration, value)
}

// Rollouts is kubectl rollout for DaemonSets.
type Rollouts struct{}

// Undo implements manager.Rollouts.
func (Rollouts) Undo(o kinds.Object, history []kinds.Object, to int64) (kinds.Object, error) {
	revisions := manager.Typed[*appsv1.ControllerRevision](history)
	return manager.Object(daemonset.RolloutUndo(o.(*appsv1.DaemonSet), revisions, to))
}

// Restart implements manager.Rollouts.
func (Rollouts) Restart(o kinds.Object, now time.Time) (kinds.Object, error) {
	return manager.Object(daemonset.RolloutRestart(o.(*appsv1.DaemonSet), now))
}
