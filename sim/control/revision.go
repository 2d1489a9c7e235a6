package control

import (
	"errors"
	"fmt"
	"slices"

	apps "k8s.io/api/apps/v1"
	"k8s.io/kubernetes/pkg/controller/history"
)

// RevisionToUndo is the one that kubectl rollout undo --to-revision goes back
// to, 0 for the one before the latest (kubectl's
// polymorphichelpers/rollback.go, DaemonSetRollbacker and
// StatefulSetRollbacker). revisions are those that the workload owns, in any
// order.
func RevisionToUndo(revisions []*apps.ControllerRevision, toRevision int64) (*apps.ControllerRevision, error) {
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
	return revisions[i], nil
}
