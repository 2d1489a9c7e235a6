// Package backoff is how long a container or an image waits until it is tried again.
package backoff

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Max is the longest wait, of the kubelet's container back-off (initialCrashLoopBackOff in
// pkg/kubelet/kubelet.go; the default of crashLoopBackOff.maxContainerRestartPeriod
// in pkg/kubelet/apis/config/v1beta1/defaults.go).
const (
	initial = 10 * time.Second
	Max     = 300 * time.Second
)

// Backoff is CrashLoopBackOff for one container, as client-go's
// util/flowcontrol.Backoff keeps it for a key: the first restart is free and makes
// the entry, the next ones wait 10 s, 20 s … 300 s after the exit, and the entry is
// forgotten when an exit comes more than twice the longest wait after its last
// update, or when that time has passed (Backoff.GC, which HandlePodCleanups calls).
type Backoff struct {
	Longest time.Duration // maxContainerRestartPeriod
	Wait    time.Duration // of the entry
	known   bool
	updated sim.Time
}

func (b *Backoff) expired(exit sim.Time) bool {
	return exit.Sub(b.updated) > 2*b.Longest
}

// Until is the time up to which a container that ended at exit must wait, and
// whether that is after now.
func (b *Backoff) Until(now, exit sim.Time) (sim.Time, bool) {
	b.known = b.known && !b.expired(now)
	if !b.known || b.expired(exit) {
		return now, false
	}
	at := exit.Add(b.Wait)
	return at, at > now
}

// Next moves on to the longer wait, when a restart begins at now after an exit.
func (b *Backoff) Next(now, exit sim.Time) {
	if !b.known || b.expired(exit) {
		b.Wait = min(initial, b.Longest)
	} else {
		b.Wait = min(2*b.Wait, b.Longest)
	}
	b.known, b.updated = true, now
}

// Holds is IsInBackOffSinceUpdate: whether the wait after the last update lasts.
func (b *Backoff) Holds(now sim.Time) bool {
	return b.known && !b.expired(now) && now.Sub(b.updated) < b.Wait
}
