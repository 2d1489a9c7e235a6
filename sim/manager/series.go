package manager

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
)

// Series carries out what a sync decided: its actions one after the other, each when
// the writes of the one before are answered. A worker of the controller waits for
// them. Every write takes its turn at the controller's client, so the objects of a
// kind hold each other up.
//
//	Event, RequeueAfter ──▶ here       others ──▶ Do ··· answered ──▶ next
type Series struct {
	Client *Client
	Key    *Key
	// About is the object that is synced.
	About types.UID
	// Over says that nothing more is done, as the object is gone or the sync has failed.
	Over func() bool
	// Skip says which actions are left out, nil for none.
	Skip func(control.Action) bool
	// Said is told of events, nil for nobody.
	Said func(control.Event)
	// Do carries out an action; next goes on with the others, at the time it is given.
	Do func(now sim.Time, a control.Action, next func(sim.Time))
	// End runs when all is done, or Over.
	End func(now sim.Time)
}

// CarryOut begins with the first of the actions.
func (s *Series) CarryOut(now sim.Time, actions []control.Action) {
	for len(actions) > 0 && s.Skip != nil && s.Skip(actions[0]) {
		actions = actions[1:]
	}
	if len(actions) == 0 || s.Over() {
		s.End(now)
		return
	}
	next := func(at sim.Time) { s.CarryOut(at, actions[1:]) }
	switch a := actions[0].(type) {
	case control.Event:
		s.Client.Event(s.About)
		if s.Said != nil {
			s.Said(a)
		}
		next(now)
	case control.RequeueAfter:
		s.Key.AddAfter(a.After)
		next(now)
	default:
		s.Do(now, a, next)
	}
}

// InBatches sends requests in batches (slowStartBatch). The requests of a batch go
// side by side; the next batch begins when all of them are answered, so requests of
// others come in between.
//
// do carries out the i-th request and is false when the server refuses it. No batch
// follows one with a refusal. done runs when the last batch is answered, with the
// number of requests that were accepted.
func (c *Client) InBatches(now sim.Time, sizes []int, do func(i int, now sim.Time) bool, answered func(),
	done func(now sim.Time, taken int)) {
	c.batches(now, sizes, 0, do, answered, done)
}

func (c *Client) batches(now sim.Time, sizes []int, from int, do func(i int, now sim.Time) bool, answered func(),
	done func(now sim.Time, taken int)) {
	if len(sizes) == 0 {
		done(now, from)
		return
	}
	taken := 0
	c.WriteAll(sizes[0], func(i int, at sim.Time) {
		if do(from+i, at) {
			taken++
		}
	}, func(int, sim.Time) { answered() }, func(at sim.Time) {
		if taken < sizes[0] {
			done(at, from+taken)
			return
		}
		c.batches(at, sizes[1:], from+taken, do, answered, done)
	})
}

// Send sends a request whose answer nobody waits for.
func (c *Client) Send(do func(now sim.Time)) { c.Write(do, func(sim.Time) {}) }
