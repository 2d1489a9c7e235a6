// Package deployment decides as the Deployment controller of Kubernetes 1.37
// does (pkg/controller/deployment). Sync is a pure function of a View and the
// time and returns the writes of one sync in the order in which the controller
// makes them.
//
// Reading order: actions.go (what comes out), view.go (what goes in); sync.go
// (one sync as a table of contents), revision.go (new and old ReplicaSets),
// scale.go (scaling, paused), rolling.go, recreate.go, rollback.go, status.go,
// progress.go, history.go; rollout_verbs.go (what a user does with kubectl).
//
// # The caller's part
//
// One sync decides once. The caller performs its actions and syncs again when
// something changed: after a write of the Deployment or of one of its
// ReplicaSets, with strategy Recreate also after its last pod is gone, and when
// a RequeueAfter is over. A sync that finds nothing to do returns no writes. The
// view of a sync must show what the syncs before have written.
//
// Within one sync, upstream reads an object from its cache once and loses
// every write but the first to it by a conflict, then syncs again 5 ms later.
// Sync does the same, so that a rollout takes the steps of a real one: the sync
// that creates a ReplicaSet, say, never writes the status as well.
//
// Out of scope: adoption and release of ReplicaSets by changed labels, and
// names taken by ReplicaSets that the Deployment doesn't own.
package deployment
