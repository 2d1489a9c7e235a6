// Package replicaset decides as the ReplicaSet controller of Kubernetes 1.37
// does (pkg/controller/replicaset). Sync is a pure function of a View and the
// time and returns the writes of one sync in the order in which the controller
// makes them.
//
// Reading order: actions.go (what comes out), view.go (what goes in); sync.go
// (one sync), deletion.go (which pod goes first), status.go, pod.go (the pod
// that is created).
//
// # The caller's part
//
// The caller performs the actions and syncs again after a write of the
// ReplicaSet or of one of its pods, and when a RequeueAfter is over. A sync that
// finds nothing to do returns no writes.
//
// The caller must not sync a ReplicaSet before the effects of its last sync are
// visible in the view. Upstream's expectations see to that; Sync has no memory,
// and would create or delete the pods twice.
//
// Out of scope: adoption and release of pods by changed labels.
package replicaset
