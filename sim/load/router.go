package load

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim/llm"
)

// The bounds of SGLang's router (sgl-router, policies/cache_aware.rs): which part of
// a prompt has to be known for it to go there, and from which difference in load on
// the least busy endpoint takes it all the same.
const (
	routerKnown    = 0.3
	routerApart    = 64
	routerUneven   = 1.5
	routerRemember = 1 << 16
)

// router remembers where prompts were sent, by the pieces that they begin with. It
// knows what it sent at once, and nothing of what caches have dropped since.
type router struct {
	sent map[uint64]*Instance
	ring []uint64 // the pieces, the oldest at head
	head int
	list []llm.Part // scratch
}

// pick chooses an endpoint for a call, of which there is one at least.
func (r *router) pick(s *Service, k *call) *Instance {
	parts, length := r.parts(k)
	least, most := s.endpoints[0], 0
	for _, e := range s.endpoints {
		if most = max(most, e.InFlight()); e.InFlight() < least.InFlight() {
			least = e
		}
	}
	chosen := least
	if low := least.InFlight(); most-low <= routerApart || float64(most) <= routerUneven*float64(low) {
		if e, known := r.match(s.endpoints, parts); e != nil && float64(known) > routerKnown*float64(length) {
			chosen = e
		}
	}
	for _, p := range parts {
		r.remember(p.ID, chosen)
	}
	return chosen
}

// parts are the pieces of a call's prompt, the new one with its answer as the last,
// and its length as far as the router can tell.
func (r *router) parts(k *call) (parts []llm.Part, length int32) {
	r.list = k.tokens.parts(r.list[:0])
	length = k.tokens.Input
	if d := k.turn.of; d != nil && d.length > 0 {
		length += d.length
		r.list = append(append(r.list[:0], d.parts...), llm.Part{ID: mix(d.id, d.epoch+1)})
	} else if d != nil {
		r.list = append(r.list, llm.Part{ID: mix(d.id, d.epoch+1)})
	}
	return r.list, length
}

// match is the endpoint that had the longest beginning of a prompt last, and of how
// many tokens that is.
func (r *router) match(endpoints []*Instance, parts []llm.Part) (found *Instance, tokens int32) {
	sum := int32(0)
	for _, p := range parts {
		e := r.sent[p.ID]
		if e == nil {
			break
		}
		sum += p.Tokens
		if slices.Contains(endpoints, e) {
			found, tokens = e, sum
		}
	}
	return found, tokens
}

// remember notes where a piece was sent, and forgets the oldest when there are too
// many.
func (r *router) remember(id uint64, e *Instance) {
	if r.sent == nil {
		r.sent = map[uint64]*Instance{}
	}
	if _, known := r.sent[id]; !known {
		if len(r.ring) < routerRemember {
			r.ring = append(r.ring, id)
		} else {
			delete(r.sent, r.ring[r.head])
			r.ring[r.head] = id
			r.head = (r.head + 1) % routerRemember
		}
	}
	r.sent[id] = e
}
