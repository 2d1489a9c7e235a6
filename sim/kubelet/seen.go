package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// seen is what is known of the newest runtime container of one container of a
// pod. The runtime knows one, the kubelet's cache holds another, older one.
type seen struct {
	life    int32 // counts the runtime containers from 0; -1 before the first
	running bool
	started sim.Time
	exit    ended // of this life, when it does not run
	before  ended // the newest exited one while this life runs
}

// ended is how a runtime container ended; the zero value is none.
type ended struct {
	known  bool
	at     sim.Time
	code   int32
	reason string
}

// none is a container that was never created.
func none() seen { return seen{life: -1} }

// exited reports whether the newest runtime container has ended.
func (s *seen) exited() bool { return s.life >= 0 && !s.running }

// lastExit is the newest runtime container that has exited: what the back-off is
// measured from (kuberuntime_manager.go, doBackOff: "the finished time of the
// latest exited container").
func (s *seen) lastExit() ended {
	if s.exited() {
		return s.exit
	}
	return s.before
}

// events counts what the PLEG makes of a change (pkg/kubelet/pleg/generic.go,
// generateEvents): each runtime container that has begun, and each that has
// ended, is one.
func events(old, now *seen) (n int) {
	if old.life == now.life {
		if old.running != now.running {
			n++
		}
		return n
	}
	if old.running {
		n++ // the older one has died
	}
	return n + 1
}

// sandbox is the pod's, as runtime or kubelet know it.
type sandbox uint8

const (
	noSandbox sandbox = iota
	sandboxReady
	sandboxNotReady
)
