// Package daemonset decides as the DaemonSet controller of Kubernetes 1.37
// does (pkg/controller/daemon). Sync is a pure function of a View and the time
// and returns the writes of one sync in the order in which the controller
// makes them; NodeConcerns says which changes of a node wake the controller.
//
// Upstream's controller can't be driven without goroutines and informers, so
// its walk over the nodes is modelled here, function by function, under its
// names. What it offers as pure helpers is called: tolerations, node affinity,
// counts of surge and unavailability, the template of a pod, whether a pod is
// up to date.
//
// Reading order: actions.go (what comes out), view.go (what goes in), sync.go
// (one sync as a table of contents), placement.go (which node should run a
// pod), manage.go (pods to create and delete on each node), backoff.go (pods
// that fail again and again), rolling.go and surge.go (rolling updates),
// history.go (ControllerRevisions), status.go; nodes.go (changes of nodes);
// rollout_verbs.go (what a user does to a DaemonSet with kubectl).
//
// # The caller's part
//
// The caller performs the actions and syncs again when the DaemonSet or one of
// its pods changed, when a changed node concerns it, when a RequeueAfter is
// over and, after a Retry, when the work queue's back-off is. The view of a
// sync must show what the syncs before have written, and the Failures that
// they asked to remember.
//
// Upstream walks over the nodes in the order of a Go map, which is chance: it
// decides which of several nodes an update takes first. Here it is the order
// of View.Nodes.
//
// Out of scope: adoption and release of pods and revisions by changed labels,
// revisions of before Kubernetes 1.7 (without the hash label) and several
// revisions of one template, and writes that the API server refuses, but for a
// revision's name that a hash collision has taken.
package daemonset
