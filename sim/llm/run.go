package llm

import "github.com/kube-rehearse/rehearse/sim"

// run is iterations that follow each other with the same batch. The first
// takes first picoseconds, and each grows more than the one before.
type run struct {
	sequences    int64
	first, grows int64
	count        int64 // 0: the engine is idle
}

// after is when so many iterations have ended, from the run's start.
func (r *run) after(count int64) int64 {
	return count*r.first + r.grows*(count*(count-1)/2)
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
	most := e.running[0].remaining()
	for _, s := range e.running {
		most = min(most, s.remaining())
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
		sum += max(0, blocks(s.computed+count)-e.held(s))
	}
	return sum
}

// cut ends the run with the iteration that is under way.
func (e *Engine) cut(now sim.Time) {
	since := int64(now-e.base)*1000 - e.clock
	low, high := int64(0), e.run.count // after low it has not come, after high it has, or the run is over
	for high-low > 1 {
		if middle := (low + high) / 2; e.run.after(middle) >= since {
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
	e.clock += took
	e.rebase()
	e.stats.Iterations += r.count
	e.stats.Busy += float64(took) / 1e12
	e.run = run{}
	if r.count > 1 {
		for _, s := range e.running {
			need := max(0, blocks(s.computed+r.count)-e.held(s))
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
		if s.chunk == 0 || s.generated+r.count < int64(s.Output) || s.computed+s.chunk*r.count < s.target()+r.count-1 {
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

// advance gives a sequence the tokens of a run.
func (e *Engine) advance(now sim.Time, s *Sequence, count int64) {
	if s.chunk == 0 {
		return
	}
	s.computed += s.chunk * count
	if !s.decoding {
		e.stats.PromptTokens += s.chunk
		if s.computed < s.target() {
			return
		}
		e.share(s)
	}
	first := s.generated == 0
	s.generated += count
	e.stats.OutputTokens += count
	over := s.generated == int64(s.Output)
	if over {
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

// share lets others have the prefix of a prompt that is through.
func (e *Engine) share(s *Sequence) {
	ids := e.prefix(s)
	for _, id := range ids[min(len(s.shared), len(ids)):] {
		if u := e.cache.share(id); u != nil {
			s.own -= e.cache.perUnit
			s.shared = append(s.shared, u)
		}
	}
}
