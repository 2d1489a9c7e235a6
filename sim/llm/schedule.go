package llm

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// blocks is how many hold so many tokens.
func blocks(tokens int64) int64 { return (tokens + BlockSize - 1) / BlockSize }

// held is how many blocks a sequence has.
func (e *Engine) held(s *Sequence) int64 {
	held := s.own
	for _, u := range s.shared {
		held += u.blocks
	}
	return held
}

// begin starts the next iterations, if there is something to do.
func (e *Engine) begin(now sim.Time) {
	e.rebase()
	e.run = run{}
	if len(e.running) == 0 && len(e.waiting) > 0 {
		head := e.waiting[0].arrived
		if head > now {
			e.timer.Set(head)
			return
		}
		if head > e.base {
			e.base, e.clock = head, 0
		}
		e.seen = max(e.seen, e.base)
	}
	preempted := e.schedule()
	if len(e.running) == 0 {
		return
	}
	b, within, alike := e.batch()
	time, floor := e.cost.Iteration(b)
	e.run = run{first: e.among * time, floor: e.among * floor, count: 1}
	if alike && !preempted {
		e.run.grows = e.among * e.cost.Growth(b.Sequences, within)
		e.run.count = e.repeats()
		e.timer.Set(e.end())
		e.heed()
		return
	}
	e.timer.Set(e.end())
}

// heed ends the run when something is seen that has happened, or will.
func (e *Engine) heed() {
	if len(e.waiting) > 0 && !e.before(e.waiting[0].arrived) {
		e.cut(e.waiting[0].arrived, e.lookahead())
	}
	for _, s := range e.running {
		if s.state == leaving {
			e.cut(s.cancelled, e.lookahead())
		}
	}
}

// schedule fills an iteration as vLLM does (Scheduler.schedule in
// vllm/v1/core/sched/scheduler.py): those that run come first; when blocks run
// out the one admitted last is preempted; only without a preemption are others
// admitted. It reports whether there was one.
func (e *Engine) schedule() (preempted bool) {
	budget := int64(e.config.MaxBatchedTokens)
	for i := 0; i < len(e.running); i++ {
		s := e.running[i]
		s.chunk = min(s.target()-s.computed, budget)
		need := blocks(s.computed+e.grows(s)) - e.held(s)
		for need > e.cache.available() {
			preempted = true
			if e.preempt() == s {
				return true
			}
		}
		if need > 0 {
			e.cache.take(need)
			s.own += need
		}
		budget -= s.chunk
	}
	if preempted {
		return true
	}
	for len(e.waiting) > 0 && len(e.running) < e.config.MaxSequences && budget > 0 {
		s := e.waiting[0]
		if !e.before(s.arrived) || !e.admit(s, budget) {
			break
		}
		copy(e.waiting, e.waiting[1:])
		e.waiting[len(e.waiting)-1] = nil
		e.waiting = e.waiting[:len(e.waiting)-1]
		budget -= s.chunk
	}
	return false
}

// grows is how many tokens a sequence has more in the cache after its chunk.
func (e *Engine) grows(s *Sequence) int64 {
	if s.generated > 0 && s.target()-s.computed == 1 && s.chunk == 1 {
		return max(1, e.gain(s, 1))
	}
	return s.chunk
}

// preempt sends the sequence admitted last back to the head of the queue, to
// begin anew with all its tokens.
func (e *Engine) preempt() *Sequence {
	last := len(e.running) - 1
	s := e.running[last]
	e.running[last] = nil
	e.running = e.running[:last]
	e.retain(s)
	e.release(s)
	e.stats.Preemptions++
	s.computed, s.chunk = 0, 0
	if s.state == leaving {
		s.state = idle
		return s
	}
	s.state = waiting
	e.waiting = append(e.waiting, nil)
	copy(e.waiting[1:], e.waiting)
	e.waiting[0] = s
	return s
}

// private marks the ids of what a preempted sequence leaves in the cache.
const private = 1 << 63

// retain keeps the whole blocks of a sequence that is preempted, behind the parts
// that it shares, for when it comes back.
func (e *Engine) retain(s *Sequence) {
	shared := e.held(s) - s.own
	blocks := min(s.computed/BlockSize-shared, s.own)
	if !e.config.PrefixCaching || s.state == leaving || blocks <= 0 {
		return
	}
	e.left++
	s.kept, s.behind = private|e.left, shared
	s.own -= blocks
	e.cache.keep(s.kept, blocks)
}

// retained is the unit that a sequence left when it was preempted, nil when that
// is gone or what went before it is.
func (e *Engine) retained(s *Sequence, found int64) *unit {
	if s.kept == 0 || found != s.behind {
		return nil
	}
	return e.cache.units[s.kept]
}

// admit lets a sequence run if there are blocks for its first chunk.
func (e *Engine) admit(s *Sequence, budget int64) bool {
	var hits int
	var found, idle int64
	if e.config.PrefixCaching {
		hits, found, idle = e.cache.match(s.prompt())
	}
	own := int64(0) // blocks that it left
	left := e.retained(s, found)
	if left != nil {
		own = left.blocks
	}
	cached := min((found+own)*BlockSize, s.target()-1) // one token at least makes the next
	chunk := min(s.target()-cached, budget)
	need := max(0, blocks(cached+chunk)-found-own)
	room := need
	if e.config.Generation.WholePrompts {
		room = max(0, blocks(s.target())-found-own)
	}
	if room > e.cache.available()-idle-own {
		return false
	}
	for _, p := range s.Prefix[:hits] {
		s.shared = append(s.shared, e.cache.hold(p.ID))
	}
	if left != nil {
		e.cache.remove(left)
	}
	e.cache.take(need)
	s.own, s.computed, s.chunk, s.state, s.kept = need+own, cached, chunk, running, 0
	e.running = append(e.running, s)
	e.stats.CachedTokens += cached
	return true
}

// prompt is the parts that lie within the prompt.
func (s *Sequence) prompt() []Part {
	end := int64(0)
	for i, p := range s.Prefix {
		if end += int64(p.Tokens); end > int64(s.Input) {
			return s.Prefix[:i]
		}
	}
	return s.Prefix
}

// window is how many tokens back layers with a sliding window see; 0 without one.
func (e *Engine) window() int64 {
	if e.cost.Windowed == 0 {
		return 0
	}
	return int64(e.config.Model.Window)
}

// batch sums up the iteration, counts the contexts that are shorter than the
// window, and reports whether all sequences decode.
func (e *Engine) batch() (b timing.Batch, within int64, alike bool) {
	alike = true
	window, guesses := e.window(), e.config.Speculation.Tokens
	for _, s := range e.running {
		s.decoding = s.generated > 0 && s.target()-s.computed == 1
		alike = alike && s.decoding && s.chunk == 1
		if s.chunk == 0 {
			continue
		}
		switch {
		case !s.decoding:
			b.Add(s.computed, s.chunk, window)
		case guesses > 0: // the window is taken to be full
			b.Decode(int64(s.Input)+s.base, s.rounds, window, guesses)
		default:
			b.Decode(int64(s.Input)+s.base, s.rounds, min(s.computed+1, window), 0)
			if s.computed+1 < window {
				within++
			}
		}
	}
	return b, within, alike
}
