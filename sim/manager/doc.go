// Package manager is what the controllers of kube-controller-manager have in
// common. The controllers themselves are the packages below it, each with the
// decider of the same name in sim/control; none knows another.
//
//	change ──▶ queue.go: key, worker ──▶ sync ──▶ client.go: token ──▶ server.go: one write at a time
//
// The files:
//
//   - parts.go: what a controller works with, and what an extension is
//   - controller.go: a controller's client and queue
//   - client.go, series.go, events.go: its requests, so many a second, and its events
//   - queue.go: its work queue with some workers
//   - pace.go: it knows of a change a watch later
//   - server.go: the API server carries out one write at a time
//   - rollouts.go, revisions.go: kubectl rollout, and the revisions that it needs
//
// In large clusters the clients and queues, and not the decisions, determine how
// long things take. Where little happens, the watches and the requests do.
//
// Upstream: client-go's util/flowcontrol, tools/record and util/workqueue.
package manager

import "time"

// What requests and watches take, within what a real control plane showed: a
// write is answered 5–15 ms after it was sent.
const (
	CallTime  = 11 * time.Millisecond
	ReadTime  = time.Millisecond
	WatchTime = 4 * time.Millisecond
)
