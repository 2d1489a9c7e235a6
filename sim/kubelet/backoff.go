package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// The kubelet's container back-off (initialCrashLoopBackOff in
// pkg/kubelet/kubelet.go; the default of crashLoopBackOff.maxContainerRestartPeriod
// in pkg/kubelet/apis/config/v1beta1/defaults.go).
const (
	initialBackoff = 10 * time.Second
	maxBackoff     = 300 * time.Second
)

// restartBackoff is CrashLoopBackOff for one container, as client-go's
// util/flowcontrol.Backoff keeps it for a key: the first restart is free and makes
// the entry, the next ones wait 10 s, 20 s … 300 s after the exit, and the entry is
// forgotten when an exit comes more than twice the longest wait after its last
// update, or when that time has passed (Backoff.GC, which HandlePodCleanups calls).
type restartBackoff struct {
	longest time.Duration // maxContainerRestartPeriod
	known   bool
	wait    time.Duration
	updated sim.Time
}

func (b *restartBackoff) expired(exit sim.Time) bool {
	return exit.Sub(b.updated) > 2*b.longest
}

// until is the time up to which a container that ended at exit must wait, and
// whether that is after now.
func (b *restartBackoff) until(now, exit sim.Time) (sim.Time, bool) {
	b.known = b.known && !b.expired(now)
	if !b.known || b.expired(exit) {
		return now, false
	}
	at := exit.Add(b.wait)
	return at, at > now
}

// next moves on to the longer wait, when a restart begins at now after an exit.
func (b *restartBackoff) next(now, exit sim.Time) {
	if !b.known || b.expired(exit) {
		b.wait = min(initialBackoff, b.longest)
	} else {
		b.wait = min(2*b.wait, b.longest)
	}
	b.known, b.updated = true, now
}

// holds is IsInBackOffSinceUpdate: whether the wait after the last update lasts.
func (b *restartBackoff) holds(now sim.Time) bool {
	return b.known && !b.expired(now) && now.Sub(b.updated) < b.wait
}
