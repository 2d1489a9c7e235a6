// Package statefulset decides as the StatefulSet controller of Kubernetes 1.37
// does (pkg/controller/statefulset). Sync is a pure function of a View and the
// time and returns the writes of one sync in the order in which the controller
// makes them.
//
// With the pod management policy OrderedReady it is upstream's own code that
// decides, on writers which record instead of write (recorder.go, history.go).
// With Parallel upstream starts goroutines; there, revisions, status and
// history still come from upstream and the walk over the pods is modelled
// (parallel.go).
//
// # The caller's part
//
// The caller performs the actions and syncs again when the StatefulSet or one
// of its pods changed and when a RequeueAfter is over. The view of a sync must
// show what the syncs before have written.
//
// Out of scope: adoption and release of pods and revisions by changed labels,
// names taken by objects that the StatefulSet doesn't own, writes that the API
// server refuses, claims under deletion, and the strategy Recreate, whose
// feature gate is off in 1.37. Owner references of claims by the retention
// policy are written as upstream does; the garbage collector that acts on
// them is the caller's.
package statefulset
