package statefulset

import (
	"errors"
	"fmt"
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller/history"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"
)

// restartedAt is what kubectl rollout restart sets in the template.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// Each verb returns a changed copy of the StatefulSet for the caller to write:
// its generation goes up if the spec changed. Errors are what kubectl prints.
// A StatefulSet can't be paused: kubectl rollout pause refuses it.

// SetImage is kubectl set image: the image of the container or init container
// of that name, or of all of them with "*".
func SetImage(set *apps.StatefulSet, container, image string) (*apps.StatefulSet, error) {
	next := set.DeepCopy()
	found := false
	for _, list := range [][]v1.Container{next.Spec.Template.Spec.InitContainers, next.Spec.Template.Spec.Containers} {
		for i := range list {
			if list[i].Name == container || container == "*" {
				list[i].Image = image
				found = true
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("unable to find container named %q", container)
	}
	return next, nil
}

// Scale is kubectl scale.
func Scale(set *apps.StatefulSet, replicas int32) *apps.StatefulSet {
	next := set.DeepCopy()
	next.Spec.Replicas = &replicas
	return next
}

// RolloutRestart is kubectl rollout restart. The annotation it sets has whole
// seconds: a second restart within one is refused.
func RolloutRestart(set *apps.StatefulSet, now time.Time) (*apps.StatefulSet, error) {
	at := now.Format(time.RFC3339)
	if set.Spec.Template.Annotations[restartedAt] == at {
		return nil, fmt.Errorf("failed to create patch for %s: if restart has already been triggered within the past second, please wait before attempting to trigger another", set.Name)
	}
	next := set.DeepCopy()
	if next.Spec.Template.Annotations == nil {
		next.Spec.Template.Annotations = map[string]string{}
	}
	next.Spec.Template.Annotations[restartedAt] = at
	return next, nil
}

// RolloutUndo is kubectl rollout undo --to-revision, 0 for the revision before
// the latest (kubectl's polymorphichelpers/rollback.go, StatefulSetRollbacker):
// the template of that revision. revisions are the ControllerRevisions that the
// StatefulSet owns, in any order. It comes back as it is when its template is
// that of the revision.
func RolloutUndo(set *apps.StatefulSet, revisions []*apps.ControllerRevision, toRevision int64) (*apps.StatefulSet, error) {
	revisions = slices.DeleteFunc(slices.Clone(revisions), func(r *apps.ControllerRevision) bool { return r == nil })
	history.SortControllerRevisions(revisions)
	i := len(revisions) - 2
	switch {
	case toRevision == 0 && i < 0:
		return nil, errors.New("no last revision to roll back to")
	case toRevision != 0:
		i = slices.IndexFunc(revisions, func(r *apps.ControllerRevision) bool { return r.Revision == toRevision })
		if i < 0 || toRevision < 0 {
			return nil, fmt.Errorf("unable to find specified revision %d in history", toRevision)
		}
	}
	next, err := upstream.ApplyRevision(set, revisions[i])
	if err != nil {
		return nil, fmt.Errorf("failed restoring revision %d: %w", toRevision, err)
	}
	return next, nil
}
