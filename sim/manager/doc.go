// Package manager is what the controllers of kube-controller-manager have in
// common: each has a client of its own that may send so many requests a second,
// events that go through the same client, and a work queue with some workers.
// In large clusters they, and not the decisions, say how long things take.
//
// Upstream: client-go's util/flowcontrol, tools/record and util/workqueue.
package manager

import "time"

// CallTime is what one write takes, within the 5–15 ms that a real control
// plane showed. Reads are answered at once.
const CallTime = 10 * time.Millisecond
