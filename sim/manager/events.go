package manager

import (
	"maps"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
)

// Events about one object that a controller posts at once, and for how many
// seconds it may then post another one (tools/record/events_cache.go,
// defaultSpamBurst and defaultSpamQPS).
const (
	eventBurst   = 25
	eventSeconds = 300
)

// events are those of one controller.
type events struct {
	waiting []types.UID // what they are about
	posting bool        // one is being posted
	posted  int         // so far, or being posted
	budgets map[types.UID]budget
	kept    int // budgets, when the full ones were last dropped
}

// budget is how many events about an object may still be posted.
type budget struct {
	tokens float64
	last   sim.Time
}

// at is the budget at an instant.
func (b budget) at(now sim.Time) budget {
	return budget{min(eventBurst, b.tokens+(now-b.last).Seconds()/eventSeconds), now}
}

// next takes the next event that may be posted from those that wait. It is false
// when there is none.
func (e *events) next(now sim.Time) bool {
	for len(e.waiting) > 0 {
		object := e.waiting[0]
		e.waiting = e.waiting[1:]
		if e.allow(object, now) {
			e.posted++
			return true
		}
	}
	return false
}

// allow is EventSourceObjectSpamFilter's Filter.
func (e *events) allow(object types.UID, now sim.Time) bool {
	b, known := e.budgets[object]
	if !known {
		b = budget{tokens: eventBurst}
		e.forget(now)
	}
	b = b.at(now)
	allowed := b.tokens >= 1
	if allowed {
		b.tokens--
	}
	e.budgets[object] = b
	return allowed
}

// forget drops the budgets that are full again, which are those of objects without
// events, as often as there are twice as many as were kept.
func (e *events) forget(now sim.Time) {
	switch {
	case e.budgets == nil:
		e.budgets = map[types.UID]budget{}
	case len(e.budgets) > 2*e.kept+16:
		maps.DeleteFunc(e.budgets, func(_ types.UID, b budget) bool { return b.at(now).tokens == eventBurst })
		e.kept = len(e.budgets)
	}
}
