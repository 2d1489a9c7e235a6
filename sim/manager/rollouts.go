package manager

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Rollouts is kubectl rollout for the objects of a kind. Each returns what
// kubectl sends; errors are what it prints. history are the objects that the one
// in question owns.
type Rollouts interface {
	Undo(o kinds.Object, history []kinds.Object, to int64) (kinds.Object, error)
	Restart(o kinds.Object, now time.Time) (kinds.Object, error)
}

// Pausing is kubectl rollout pause and resume, of kinds that know them.
type Pausing interface {
	Pause(o kinds.Object) (kinds.Object, error)
	Resume(o kinds.Object) (kinds.Object, error)
}

// Object gives what a function of a kind returns its general type. A failure has
// no object.
func Object[T kinds.Object](o T, err error) (kinds.Object, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Typed are the objects of a list that are of type T.
func Typed[T kinds.Object](list []kinds.Object) (typed []T) {
	for _, o := range list {
		if t, is := o.(T); is {
			typed = append(typed, t)
		}
	}
	return typed
}
