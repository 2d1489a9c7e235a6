package daemonset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Each verb returns a changed copy of the DaemonSet for the caller to write:
// its generation goes up if the spec changed. Errors are what kubectl prints.
// A DaemonSet can't be paused: kubectl rollout pause refuses it; and it has no
// size: kubectl scale finds no such resource.

// SetImage is kubectl set image (see control.SetTemplateImage).
func SetImage(ds *apps.DaemonSet, container, image string) (*apps.DaemonSet, error) {
	next := ds.DeepCopy()
	if err := control.SetTemplateImage(&next.Spec.Template, container, image); err != nil {
		return nil, err
	}
	return next, nil
}

// RolloutRestart is kubectl rollout restart (see control.RestartTemplate).
func RolloutRestart(ds *apps.DaemonSet, now time.Time) (*apps.DaemonSet, error) {
	next := ds.DeepCopy()
	if err := control.RestartTemplate(&next.Spec.Template, ds.Name, now); err != nil {
		return nil, err
	}
	return next, nil
}

// RolloutUndo is kubectl rollout undo --to-revision, 0 for the revision before
// the latest (kubectl's polymorphichelpers/rollback.go, DaemonSetRollbacker):
// the template of that revision. revisions are the ControllerRevisions that the
// DaemonSet owns, in any order. It comes back as it is when its template is
// that of the revision.
func RolloutUndo(ds *apps.DaemonSet, revisions []*apps.ControllerRevision, toRevision int64) (*apps.DaemonSet, error) {
	revision, err := control.RevisionToUndo(revisions, toRevision)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(getPatch(ds), revision.Data.Raw) {
		return ds.DeepCopy(), nil
	}
	return applyRevision(ds, revision)
}

// applyRevision is what the API server makes of kubectl's strategic merge
// patch.
func applyRevision(ds *apps.DaemonSet, revision *apps.ControllerRevision) (*apps.DaemonSet, error) {
	text, err := json.Marshal(ds)
	if err != nil {
		return nil, err
	}
	restored := &apps.DaemonSet{}
	patched, err := strategicpatch.StrategicMergePatch(text, revision.Data.Raw, restored)
	if err == nil {
		err = json.Unmarshal(patched, restored)
	}
	if err != nil {
		return nil, fmt.Errorf("failed restoring revision %d: %w", revision.Revision, err)
	}
	return restored, nil
}
