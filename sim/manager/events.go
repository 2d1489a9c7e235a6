package manager

import (
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
}

// budget is how many events about an object may still be posted.
type budget struct {
	tokens float64
	last   sim.Time
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
		if e.budgets == nil {
			e.budgets = map[types.UID]budget{}
		}
	}
	b.tokens, b.last = min(eventBurst, b.tokens+(now-b.last).Seconds()/eventSeconds), now
	allowed := b.tokens >= 1
	if allowed {
		b.tokens--
	}
	e.budgets[object] = b
	return allowed
}
