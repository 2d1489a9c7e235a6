package llm

// blocks is how many hold so many tokens.
func blocks(tokens int64) int64 { return (tokens + BlockSize - 1) / BlockSize }

// held is how many blocks a sequence has.
func (e *Engine) held(s *Sequence) int64 {
	return s.own + int64(len(s.shared))*e.cache.perUnit
}

// begin starts the next iterations, if there is something to do.
func (e *Engine) begin() {
	e.rebase()
	if len(e.running) == 0 && len(e.waiting) > 0 && !e.before(e.waiting[0].arrived) {
		e.base, e.clock = e.waiting[0].arrived, 0
	}
	preempted := e.schedule()
	if len(e.running) == 0 {
		e.run = run{}
		return
	}
	b, alike := e.batch()
	e.run = run{sequences: b.sequences, first: e.among * e.cost.iteration(b), grows: e.among * e.cost.context * b.sequences, count: 1}
	if alike && !preempted && !e.pending() {
		e.run.count = e.repeats()
	}
	e.timer.Set(e.end())
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
		need := blocks(s.computed+s.chunk) - e.held(s)
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

// preempt sends the sequence admitted last back to the head of the queue, to
// begin anew with all its tokens.
func (e *Engine) preempt() *Sequence {
	last := len(e.running) - 1
	s := e.running[last]
	e.running[last] = nil
	e.running = e.running[:last]
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

// prefix is the ids that lie within the prompt.
func (e *Engine) prefix(s *Sequence) []uint64 {
	if e.config.PrefixTokens == 0 {
		return nil
	}
	return s.Prefix[:min(len(s.Prefix), int(s.Input)/e.config.PrefixTokens)]
}

// admit lets a sequence run if there are blocks for its first chunk.
func (e *Engine) admit(s *Sequence, budget int64) bool {
	hits, idle := e.cache.match(e.prefix(s))
	cached := min(int64(hits)*int64(e.config.PrefixTokens), s.target()-1) // one token at least makes the next
	chunk := min(s.target()-cached, budget)
	need := max(0, blocks(cached+chunk)-int64(hits)*e.cache.perUnit)
	if need > e.cache.available()-idle*e.cache.perUnit {
		return false
	}
	for _, id := range s.Prefix[:hits] {
		s.shared = append(s.shared, e.cache.hold(id))
	}
	e.cache.take(need)
	s.own, s.computed, s.chunk, s.state = need, cached, chunk, running
	e.running = append(e.running, s)
	e.stats.CachedTokens += cached
	return true
}

// batch sums up the iteration, and reports whether all sequences decode.
func (e *Engine) batch() (b batch, alike bool) {
	alike = true
	for _, s := range e.running {
		s.decoding = s.generated > 0 && s.target()-s.computed == 1
		alike = alike && s.decoding && s.chunk == 1
		if s.chunk == 0 {
			continue
		}
		b.sequences++
		b.tokens += s.chunk
		b.context += s.computed + s.chunk
		if !s.decoding {
			b.attention += s.chunk * (2*s.computed + s.chunk)
		}
	}
	return b, alike
}

// pending reports whether something has happened that the iteration could not
// see yet.
func (e *Engine) pending() bool {
	if len(e.waiting) > 0 && !e.before(e.waiting[0].arrived) {
		return true
	}
	for _, s := range e.running {
		if s.state == leaving {
			return true
		}
	}
	return false
}
