package daemonset

import (
	"fmt"
	"time"
)

// A failed pod is deleted, and so replaced, at most once in a back-off of its
// node, which doubles from firstBackOff to lastBackOff
// (cmd/kube-controller-manager/app/apps.go, newDaemonSetController).
const (
	firstBackOff = time.Second
	lastBackOff  = 15 * time.Minute
)

// Failure is when a failed pod was last deleted on some node, and how long the
// next one has to wait since then (client-go's util/flowcontrol.Backoff).
type Failure struct {
	At      time.Time
	BackOff time.Duration
}

// backOff reports whether a failed pod on a node has to wait. If not it is the
// start of the next back-off. A new generation begins anew.
func (s *daemonSync) backOff(node string) bool {
	key := fmt.Sprintf("%s/%d/%s", s.ds.UID, s.ds.Status.ObservedGeneration, node)
	last, known := s.lastFailure(key)
	since := s.now.Sub(last.At)
	fresh := known && since <= 2*lastBackOff
	if fresh && since < last.BackOff {
		s.do(RequeueAfter{After: last.BackOff})
		return true
	}
	next := Failure{s.now, firstBackOff}
	if fresh {
		next.BackOff = min(2*last.BackOff, lastBackOff)
	}
	s.do(Remember{key, next})
	return false
}

// lastFailure is what this sync or one before has decided.
func (s *daemonSync) lastFailure(key string) (Failure, bool) {
	for i := len(s.actions) - 1; i >= 0; i-- {
		if r, is := s.actions[i].(Remember); is && r.Key == key {
			return r.Failure, true
		}
	}
	last, known := s.view.Failures[key]
	return last, known
}
