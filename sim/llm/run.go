package llm

import "github.com/kube-rehearse/rehearse/sim"

// run is iterations that follow each other with the same batch. The first
// takes first picoseconds, and each grows more than the one before; but none
// takes less than floor.
type run struct {
	first, grows, floor int64
	count               int64 // 0: the engine is idle
}

// after is when so many iterations have ended, from the run's start.
func (r *run) after(count int64) int64 {
	flat := int64(0) // iterations that take floor
	if r.floor > r.first {
		flat = count
		if r.grows > 0 {
			flat = min(count, (r.floor-r.first+r.grows-1)/r.grows)
		}
	}
	rest := count - flat
	return flat*r.floor + rest*(r.first+r.grows*flat) + r.grows*(rest*(rest-1)/2)
}

// end is the first whole nanosecond after the run.
func (e *Engine) end() sim.Time {
	return e.base + sim.Time((e.clock+e.run.after(e.run.count)+999)/1000)
}

// repeats is for how many iterations a batch that decodes stays as it is: until
// the first sequence has all its tokens, or there may be too few blocks.
// Nobody is admitted meanwhile: what kept them out was the number of
// sequences, which stays, or blocks, which only get fewer. But to drop an
// unused prefix that the first in the queue has in common can make room for it,
// so while it waits for blocks no prefix is dropped within a run.
func (e *Engine) repeats() int64 {
	room := e.cache.available()
	if len(e.waiting) > 0 {
		room = e.cache.free
	}
	most := e.remaining(e.running[0])
	window := e.window()
	for _, s := range e.running {
		most = min(most, e.remaining(s))
		if context := s.computed + 1; context < window && e.config.Speculation.Tokens == 0 {
			most = min(most, window-context+1)
		}
	}
	if e.more(most) <= room {
		return most
	}
	low, high := int64(1), most // e.more(1) is 0
	for high-low > 1 {
		if middle := (low + high) / 2; e.more(middle) <= room {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// more is how many blocks so many iterations take beyond those of the first.
func (e *Engine) more(count int64) (sum int64) {
	for _, s := range e.running {
		sum += max(0, blocks(s.computed+e.gain(s, count))-e.held(s))
	}
	return sum
}

// cut ends the run with the last iteration that was scheduled before the
// scheduler knows what comes at an instant.
func (e *Engine) cut(at sim.Time, lookahead int64) {
	since := int64(at-e.base)*1000 - e.clock
	low, high := int64(0), e.run.count // after low it is not known, after high it is, or the run is over
	for high-low > 1 {
		if middle := (low + high) / 2; e.run.after(middle-lookahead) >= since {
			high = middle
		} else {
			low = middle
		}
	}
	if high < e.run.count {
		e.run.count = high
		e.timer.Set(e.end())
	}
}

// finish books a run that ended, and tells.
func (e *Engine) finish(now sim.Time) {
	r := e.run
	if r.count == 0 {
		return
	}
	took := r.after(r.count)
	e.seen = e.base + sim.Time((e.clock+r.after(r.count-e.lookahead()))/1000)
	e.clock += took
	e.rebase()
	e.stats.Iterations += r.count
	e.stats.Busy += float64(took) / 1e12
	e.run = run{}
	if r.count > 1 {
		for _, s := range e.running {
			need := max(0, blocks(s.computed+e.gain(s, r.count))-e.held(s))
			e.cache.take(need)
			s.own += need
		}
	}
	e.stats.CachePeak = max(e.stats.CachePeak, e.inUse())
	// A sequence that ends is out of the list before anyone hears of it, since it
	// may be submitted again, or the engine be killed.
	e.batched = append(e.batched[:0], e.running...)
	kept := e.running[:0]
	for _, s := range e.running {
		if !e.ends(s, r.count) {
			kept = append(kept, s)
		}
	}
	clear(e.running[len(kept):])
	e.running = kept
	lives := e.lives
	for i, s := range e.batched {
		if e.batched[i] = nil; e.lives == lives {
			e.advance(now, s, r.count)
		}
	}
}

// ends reports whether a sequence has all its tokens after the run.
func (e *Engine) ends(s *Sequence, count int64) bool {
	switch {
	case s.chunk == 0:
		return false
	case s.decoding:
		return s.generated+e.gain(s, count) == int64(s.Output)
	}
	return s.computed+s.chunk >= s.target() && s.generated+1 == int64(s.Output)
}

// advance gives a sequence the tokens of a run.
func (e *Engine) advance(now sim.Time, s *Sequence, count int64) {
	if s.chunk == 0 {
		return
	}
	first := s.generated == 0
	gained := int64(1)
	if s.decoding {
		gained = e.gain(s, count)
		s.computed += gained
		s.rounds += count
	} else {
		s.computed += s.chunk
		e.stats.PromptTokens += s.chunk
		if s.computed < s.target() {
			return
		}
		e.share(s)
		s.base, s.rounds = s.generated+1, 0
	}
	s.generated += gained
	e.stats.OutputTokens += gained
	over := s.generated == int64(s.Output)
	if over {
		e.share(s)
		e.release(s)
	}
	switch {
	case s.state == leaving && over:
		s.state = idle
	case s.state == leaving:
	case over:
		s.state = idle
		if first {
			s.Done.FirstToken(now)
		}
		s.Done.Finished(now)
	case first:
		s.Done.FirstToken(now)
	}
}

// share lets others have the parts whose tokens are all in the cache.
func (e *Engine) share(s *Sequence) {
	if !e.config.PrefixCaching {
		return
	}
	end := int64(0)
	for i, p := range s.Prefix {
		before := end
		if end += int64(p.Tokens); end > s.computed {
			return
		}
		whole := end/BlockSize - before/BlockSize
		if i < len(s.shared) {
			if u := s.shared[i]; u.blocks < whole { // its end was missing
				if u.refs > 1 {
					return
				}
				s.own -= whole - u.blocks
				u.blocks = whole
			}
			continue
		}
		u := e.cache.share(p.ID, whole)
		if u == nil {
			return // another has it, and what follows hangs on that
		}
		s.own -= whole
		s.shared = append(s.shared, u)
	}
}
