package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// The kubelet's container back-off (initialCrashLoopBackOff and
// MaxCrashLoopBackOff in pkg/kubelet/kubelet.go).
const (
	initialBackoff = 10 * time.Second
	maxBackoff     = 300 * time.Second
)

// restartBackoff is CrashLoopBackOff for one container, as client-go's
// util/flowcontrol.Backoff keeps it for a key: the first restart is free, the
// next ones wait 10 s, 20 s … 300 s after the exit, and the wait is forgotten
// when an exit comes more than 2 × 300 s after the last update.
type restartBackoff struct {
	known   bool
	wait    time.Duration
	updated sim.Time
}

func (b *restartBackoff) expired(exit sim.Time) bool {
	return exit.Sub(b.updated) > 2*maxBackoff
}

// until is the time up to which a container that ended at exit must wait, and
// whether that is after now.
func (b *restartBackoff) until(now, exit sim.Time) (sim.Time, bool) {
	if !b.known || b.expired(exit) {
		return now, false
	}
	at := exit.Add(b.wait)
	return at, at > now
}

// next moves on to the longer wait, when a restart begins at now after an exit.
func (b *restartBackoff) next(now, exit sim.Time) {
	if !b.known || b.expired(exit) {
		b.wait = initialBackoff
	} else {
		b.wait = min(2*b.wait, maxBackoff)
	}
	b.known, b.updated = true, now
}
