package statefulset

import (
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Each verb returns a changed copy of the StatefulSet for the caller to write:
// its generation goes up if the spec changed. Errors are what kubectl prints.
// A StatefulSet can't be paused: kubectl rollout pause refuses it.

// SetImage is kubectl set image (see control.SetTemplateImage).
func SetImage(set *apps.StatefulSet, container, image string) (*apps.StatefulSet, error) {
	next := set.DeepCopy()
	if err := control.SetTemplateImage(&next.Spec.Template, container, image); err != nil {
		return nil, err
	}
	return next, nil
}

// Scale is kubectl scale.
func Scale(set *apps.StatefulSet, replicas int32) *apps.StatefulSet {
	next := set.DeepCopy()
	next.Spec.Replicas = &replicas
	return next
}

// RolloutRestart is kubectl rollout restart (see control.RestartTemplate).
func RolloutRestart(set *apps.StatefulSet, now time.Time) (*apps.StatefulSet, error) {
	next := set.DeepCopy()
	if err := control.RestartTemplate(&next.Spec.Template, set.Name, now); err != nil {
		return nil, err
	}
	return next, nil
}

// RolloutUndo is kubectl rollout undo --to-revision, 0 for the revision before
// the latest (kubectl's polymorphichelpers/rollback.go, StatefulSetRollbacker):
// the template of that revision. revisions are the ControllerRevisions that the
// StatefulSet owns, in any order. It comes back as it is when its template is
// that of the revision.
func RolloutUndo(set *apps.StatefulSet, revisions []*apps.ControllerRevision, toRevision int64) (*apps.StatefulSet,
	error) {
	revision, err := control.RevisionToUndo(revisions, toRevision)
	if err != nil {
		return nil, err
	}
	next, err := upstream.ApplyRevision(set, revision)
	if err != nil {
		return nil, fmt.Errorf("failed restoring revision %d: %w", toRevision, err)
	}
	return next, nil
}
