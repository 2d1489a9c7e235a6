// Package job decides as the Job controller of Kubernetes 1.37 does
// (pkg/controller/job). Sync is a pure function of a View, which holds what the
// controller sees and what it remembers, and the time; it returns the writes of
// one sync in the order in which the controller makes them.
//
// Upstream's sync is not exported, starts goroutines and reads the clock, so it
// is modelled here, function by function, under upstream's names. What upstream
// exports is called (pkg/controller, pkg/controller/job/util). Tests compare
// every sync of random histories with the real controller's.
//
// Reading order: view.go (what goes in), actions.go (what comes out), sync.go
// (one sync as a table of contents), manage.go (which pods are made and
// deleted), tracking.go (how ended pods are counted: status, finalizers, status
// again), finish.go (when the Job is over), indexed.go and per_index.go,
// backoff.go, failure_policy.go, success_policy.go, pod.go (the pod that is
// created), ttl.go (pkg/controller/ttlafterfinished).
//
// # The caller's part
//
// The caller performs the actions, remembers what Remember says, and syncs
// again: at once when the Job was created or its spec changed, BatchPeriod
// after its status or one of its pods changed, and when a RequeueAfter is over.
// It may pass a View in which writes of earlier syncs are not visible yet, if
// the Memory says so, although upstream's consistency store, on by default in
// 1.37, waits for all of them.
//
// Out of scope: adoption and release of pods by changed labels, refused writes
// other than creations of pods, spec.managedBy, and gangs (the feature gate
// WorkloadWithJob is off in 1.37).
package job
