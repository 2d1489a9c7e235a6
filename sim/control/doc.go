// Package control decides what the controllers of kube-controller-manager
// would do. A decider is a pure function of a view of the cluster and the
// time: it returns actions in the order in which the controller would write
// them, and changes nothing itself. It follows Kubernetes 1.37; what upstream
// offers as a pure helper is called, what needs a clientset or the wall clock
// is modelled here, function by function, under upstream's names.
//
// Reading order: actions.go (what comes out), view.go (what goes in);
// deployment.go (one sync of a Deployment as a table of contents), revision.go
// (new and old ReplicaSets), sync.go (scaling, paused), rolling.go,
// recreate.go, rollback.go, deployment_status.go, progress.go, history.go;
// replicaset.go (one sync of a ReplicaSet), deletion.go (which pod goes
// first), replicaset_status.go, slow_start.go, pod.go (the pod that is
// created); rollout_verbs.go (what a user does to a Deployment with kubectl).
//
// # The caller's part
//
// One sync decides once. The caller performs its actions and syncs again when
// something changed: a Deployment after a write of it or of one of its
// ReplicaSets, and with strategy Recreate also after its last pod is gone; a
// ReplicaSet after a write of it or of one of its pods; and either when a
// RequeueAfter is over. A sync that finds nothing to do returns no writes.
//
// The caller must not sync an object before the effects of its last sync are
// visible in the view. Upstream's expectations see to that for the pods of a
// ReplicaSet; a decider has no memory, and would create or delete them twice.
//
// Within one sync, upstream reads an object from its cache once and loses
// every write but the first to it by a conflict, then syncs again 5 ms later.
// The deciders do the same, so that a rollout takes the steps of a real one:
// the sync that creates a ReplicaSet, say, never writes the status as well.
//
// Out of scope: adoption and release of objects by changed labels, and names
// taken by ReplicaSets that the Deployment doesn't own.
package control
