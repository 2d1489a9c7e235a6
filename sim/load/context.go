package load

import (
	"github.com/kube-rehearse/rehearse/sim/llm"
)

// Context says with what before it a prompt to a model goes, when a request calls
// the model several times, as agents do.
type Context uint8

const (
	// Grow goes on from the prompts and answers before, of the same request or of
	// its session; calls at the same time each go on from there and leave nothing.
	Grow Context = iota
	// Alone has nothing before it.
	Alone
	// Inherit goes on from, and adds to, the context of whoever called.
	Inherit
	// Fork begins with a copy of the context of whoever called.
	Fork
)

// Compaction is what becomes of a context that a prompt would make longer than At
// tokens: a summary of To tokens. 0 is never.
type Compaction struct{ At, To int32 }

// dialogue is one context: what a model has read and said.
type dialogue struct {
	id       uint64
	epoch    uint64 // how many turns it has had, and how often it was compacted
	parts    []llm.Part
	covered  int32 // by parts: all but the last token, which nothing was computed of
	length   int32
	compacts Compaction
}

// turn is a prompt under way that goes on from a dialogue.
type turn struct {
	of     *dialogue // nil without
	leaves bool      // adds to it
}

// prompt appends the pieces of a prompt that adds input to the dialogue, with its
// answer as the last, to list, and returns its length. Pieces are given of a
// prompt that came with its own.
func (d *dialogue) prompt(list, given []llm.Part, input, output int32) ([]llm.Part, int32) {
	if d.compacts.At > 0 && d.length > 0 && d.length+input > d.compacts.At {
		d.epoch++
		d.length = min(d.compacts.To, d.length)
		d.parts, d.covered = append(d.parts[:0], llm.Part{ID: mix(d.id, d.epoch), Tokens: d.length}), d.length
	}
	list, covered := append(list, d.parts...), d.covered
	if d.length == 0 {
		for _, p := range given {
			if covered+p.Tokens <= input {
				list, covered = append(list, p), covered+p.Tokens
			}
		}
	}
	if rest := d.length + input + output - 1 - covered; rest > 0 {
		list = append(list, llm.Part{ID: mix(d.id, d.epoch+1), Tokens: rest})
	}
	return list, d.length + input
}

// add makes a prompt that was answered part of the dialogue.
func (d *dialogue) add(parts []llm.Part, length int32) {
	d.parts = append(d.parts[:0], parts...)
	d.epoch++
	d.length, d.covered = length, 0
	for _, p := range parts {
		d.covered += p.Tokens
	}
}

// contexts are those of one request or session, by the Service that they are with.
// They outlive both in calls under way.
type contexts struct {
	id   uint64
	list []contextWith
}

type contextWith struct {
	service *Service // nil is the container's own model
	of      *dialogue
}

// with returns the context with a Service, which begins empty.
func (c *contexts) with(s *Service) *dialogue {
	for _, h := range c.list {
		if h.service == s {
			return h.of
		}
	}
	d := &dialogue{id: mix(c.id, uint64(len(c.list)))}
	c.list = append(c.list, contextWith{s, d})
	return d
}

// fork copies a context into another's list, once.
func (c *contexts) fork(from *dialogue, s *Service) *dialogue {
	before := len(c.list)
	d := c.with(s)
	if len(c.list) > before {
		d.add(from.parts, from.length)
		d.epoch = from.epoch
	}
	return d
}

// own are the request's contexts, or its session's.
func (r *request) own() *contexts {
	if s := r.session; s != nil {
		if s.contexts == nil {
			s.contexts = &contexts{id: mix(s.id, contextDraw)}
		}
		return s.contexts
	}
	if r.contexts == nil {
		r.contexts = &contexts{id: mix(r.draw, contextDraw)}
	}
	return r.contexts
}

// contextDraw tells the identity of contexts from draws.
const contextDraw = 1<<62 + 1

// talk prepares a call of the request to a Service: with what context it goes, and
// what new tokens it brings.
func (r *request) talk(k *call, in *instruction, alone bool) {
	s := in.call.service
	switch {
	case in.context == Alone || s.external != nil || s.broker != nil:
		k.turn = turn{}
	case in.context == Inherit && r.inherited != nil:
		k.turn = turn{r.inherited.with(s), alone}
	case in.context == Fork && r.inherited != nil:
		k.turn = turn{r.own().fork(r.inherited.with(s), s), alone}
	default:
		k.turn = turn{r.own().with(s), alone}
	}
	if k.turn.of != nil {
		k.turn.of.compacts = in.compacts
		k.inherited = r.own()
	}
	switch law := in.tokens; {
	case law != nil:
		random := s.seeded(k.draw, tokensDraw)
		k.tokens.Input, k.tokens.Output = tokens(law.Input.Sample(random)), tokens(law.Output.Sample(random))
		if d := k.turn.of; law.Shared > 0 && (d == nil || d.length == 0) {
			k.tokens.Input += law.Shared
			k.tokens.piece(in.key, law.Shared)
		}
	case r.tokens.Input > 0 && !r.spoke: // what the stream asks goes on
		r.spoke = true
		k.tokens.Input, k.tokens.Output = r.tokens.Input, r.tokens.Output
		k.tokens.Prefix, k.tokens.Lengths = append(k.tokens.Prefix[:0], r.tokens.Prefix...),
			append(k.tokens.Lengths[:0], r.tokens.Lengths...)
		if d := k.turn.of; d != nil && d.length > 0 && r.tokens.New > 0 {
			k.tokens.Input, k.tokens.Prefix, k.tokens.Lengths = r.tokens.New, k.tokens.Prefix[:0], k.tokens.Lengths[:0]
		}
	}
}
