// Package cronjob decides as the CronJob controller of Kubernetes 1.37 does
// (pkg/controller/cronjob, cronjob_controllerv2.go and utils.go). Sync is a
// pure function of a View and the time; it returns the writes of one sync in
// the order in which the controller makes them. Changed says when a change of
// the CronJob by a user is looked at.
//
// Upstream's sync is not exported, writes as it goes and reads the clock, so it
// is modelled here, function by function, under upstream's names. Schedules are
// parsed by upstream's parser and followed by its library.
//
// Reading order: view.go (what goes in), actions.go (what comes out), sync.go
// (one sync as a table of contents), schedule.go (which time is due, and when to
// look again), active.go (the list of running Jobs, and the history limits),
// template.go (the Job that is made), change.go.
//
// # The caller's part
//
// The caller performs the actions. At a CreateJob it stops, lets the API server
// answer, and calls Sync again with the same view and time and the Answer: what
// follows depends on it. It syncs again when a Job of the CronJob was created,
// changed or deleted, when a RequeueAfter is over, after a Retry with the work
// queue's back-off, and as Changed says.
//
// Time zones are those that the machine or else the binary knows (time/tzdata,
// which kube-controller-manager links, too). Schedules without one are in the
// zone of the times of the view, which is UTC in the images of Kubernetes.
package cronjob
