// Package manager is what the controllers of kube-controller-manager have in
// common: each has a client of its own that may send so many requests a second,
// events that go through the same client, and a work queue with some workers.
// In large clusters they, and not the decisions, say how long things take. Where
// little happens it is the watches and the requests themselves: a controller knows
// of a change a watch later (pace.go), and the API server carries out one write at a
// time (server.go).
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
