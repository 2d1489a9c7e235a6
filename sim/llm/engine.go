package llm

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// Done hears how a sequence comes along.
type Done interface {
	// FirstToken is the end of the prompt's work.
	FirstToken(now sim.Time)
	// Finished is the last token.
	Finished(now sim.Time)
}

// Sequence is a request to the model. Embed it by value; it may be submitted
// again when it has finished or was cancelled.
type Sequence struct {
	// Input and Output are tokens of the prompt and of the answer, each at
	// least 1.
	Input, Output int32
	// Prefix is the prompt's parts from its beginning on, and perhaps the answer as
	// the last. It must not change before the end.
	Prefix []Part
	// Done is told.
	Done Done

	state     state
	arrived   sim.Time // at the scheduler
	cancelled sim.Time // valid when state is leaving
	computed  int64    // tokens whose keys and values are in the cache
	generated int64
	chunk     int64 // to compute in the iteration under way
	own       int64 // blocks that are not shared
	shared    []*unit
	kept      uint64 // the unit that it left when it was preempted, behind so many blocks
	behind    int64
	decoding  bool // in the iteration under way: one token of the answer
	// base is the tokens of the answer when the prompt was last through, rounds the
	// iterations of decoding since.
	base, rounds int64
}

type state uint8

const (
	idle state = iota
	waiting
	running
	leaving // running, and cancelled
)

// target is the number of tokens that must be in the cache for the next one.
func (s *Sequence) target() int64 { return int64(s.Input) + s.generated }

// Engine is a model server at work.
type Engine struct {
	loop   *sim.Loop
	config Config
	cost   timing.Cost
	cache  cache
	timer  sim.Timer
	firing bool

	waiting []*Sequence // in order; those that were preempted in front
	running []*Sequence // in order of admission
	batched []*Sequence // scratch
	lives   int         // how often it was killed

	// base and clock are when the iteration under way, or the first of a run,
	// began: nanoseconds, and picoseconds after that.
	base  sim.Time
	clock int64
	run   run
	// seen is the instant up to which the scheduler knows what has come.
	seen sim.Time
	// front is when the API server's thread has done with the requests so far.
	front sim.Time
	yield int64  // tokens of a round of decoding, in fixed point
	left  uint64 // counts units of preempted sequences
	among int64  // how many share the GPU's time; at least 1
	stats Stats
}

// Stats are counts since the engine was made, and the state of the moment.
type Stats struct {
	Running, Waiting int
	// Cache is the part of the KV cache's blocks that sequences hold.
	Cache float64
	// CachePeak is the largest Cache, since the engine was made.
	CachePeak float64
	// Iterations counts them all; Busy is the seconds they took.
	Iterations int64
	Busy       float64
	// Preemptions counts sequences that had to begin again.
	Preemptions int64
	// PromptTokens counts the tokens of prompts that were computed, also those
	// computed again; CachedTokens those found in the cache. OutputTokens
	// counts those of answers.
	PromptTokens, CachedTokens, OutputTokens int64
}

// NewEngine returns an idle engine, whose events have the given phase.
func NewEngine(loop *sim.Loop, phase sim.Phase, c Config) (*Engine, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	blocks, err := c.Blocks()
	if err != nil {
		return nil, err
	}
	if c.MaxModelLen == 0 {
		c.MaxModelLen = int(blocks * BlockSize)
		if c.Model.MaxPosition > 0 {
			c.MaxModelLen = min(c.MaxModelLen, c.Model.MaxPosition)
		}
	}
	e := &Engine{loop: loop, among: 1, config: c}
	e.cost = timing.NewCost(&e.config.Setup, c.Generation)
	e.yield = yieldOf(c.Speculation.Yield())
	e.cache.init(blocks)
	e.timer.Init(loop, phase, e.fire)
	return e, nil
}

// Refusal is why a sequence can't be served.
func (e *Engine) Refusal(input, output int32) error {
	length := int64(input) + int64(output)
	most := min(int64(e.config.MaxModelLen), e.cache.total*BlockSize)
	if input < 1 || output < 1 || length > most {
		return fmt.Errorf("tokens: must be at least 1 each and at most %d together, got %d and %d", most, input, output)
	}
	return nil
}

// Submit brings a sequence. The error is that of Refusal, and nothing has
// happened. It panics when the sequence is under way.
func (e *Engine) Submit(now sim.Time, s *Sequence) error {
	if err := e.Refusal(s.Input, s.Output); err != nil {
		return err
	}
	if s.state != idle {
		panic("llm: a sequence under way was submitted")
	}
	s.state, s.computed, s.generated, s.kept = waiting, 0, 0, 0
	s.arrived = e.accept(now)
	e.waiting = append(e.waiting, s)
	e.wake(now, s.arrived)
	return nil
}

// accept is when the scheduler has a request that comes now: the API server's one
// thread takes requests one after the other, and what follows waits for other
// things.
func (e *Engine) accept(now sim.Time) sim.Time {
	c := &e.config.Generation.Coefficients
	e.front = max(e.front, now) + sim.Time(c.Intake*1e6)
	return e.front + sim.Time(c.Request*1e6)
}

// Cancel takes a sequence out: at once while it waits, else at the end of the
// iteration. Nothing more is told of it. It reports whether it was under way.
func (e *Engine) Cancel(now sim.Time, s *Sequence) bool {
	switch s.state {
	case waiting:
		for i, w := range e.waiting {
			if w == s {
				e.waiting = append(e.waiting[:i], e.waiting[i+1:]...)
				break
			}
		}
		s.state = idle
		if e.run.count > 0 && !e.firing && len(e.waiting) > 0 { // what stood behind it may fit now
			e.cut(max(now, e.waiting[0].arrived), 0)
		}
	case running:
		s.state, s.cancelled = leaving, now
		e.wake(now, now)
	default:
		return false
	}
	return true
}

// Share says among how many servers the GPU divides its time: from the next
// iteration on each takes so many times as long.
func (e *Engine) Share(now sim.Time, among int) {
	if among = max(among, 1); int64(among) == e.among {
		return
	}
	e.among = int64(among)
	if e.run.count > 0 && !e.firing {
		e.cut(now, 0)
	}
}

// Kill forgets everything, as the end of the process does.
func (e *Engine) Kill(sim.Time) {
	for _, list := range [][]*Sequence{e.waiting, e.running} {
		for i, s := range list {
			s.state, s.own = idle, 0
			s.shared = s.shared[:0]
			list[i] = nil
		}
	}
	e.waiting, e.running = e.waiting[:0], e.running[:0]
	e.cache.init(e.cache.total)
	e.timer.Stop()
	e.run, e.front = run{}, 0
	e.lives++
}

// Stats returns the counts up to the last iteration that ended.
func (e *Engine) Stats() Stats {
	s := e.stats
	s.Running, s.Waiting = len(e.running), len(e.waiting)
	s.Cache = e.inUse()
	return s
}

// inUse is the part of the blocks that sequences hold.
func (e *Engine) inUse() float64 {
	return 1 - float64(e.cache.available())/float64(e.cache.total)
}

// wake lets the engine look at what comes at an instant: then when it is idle,
// else at the end of an iteration.
func (e *Engine) wake(now, at sim.Time) {
	switch {
	case e.firing:
	case e.run.count == 0:
		if !e.timer.Armed() || e.timer.Deadline() > at {
			e.timer.Set(max(now, at))
		}
	default:
		e.cut(at, e.lookahead())
	}
}

// lookahead is how many iterations before its start one is scheduled.
func (e *Engine) lookahead() int64 {
	if e.config.Generation.Overlaps {
		return 1
	}
	return 0
}

// fire is the end of a run, or the start of the first.
func (e *Engine) fire(now sim.Time) {
	e.firing = true
	if e.run.count == 0 {
		e.base, e.clock, e.seen = now, 0, now
	}
	e.finish(now)
	e.leave()
	e.begin(now)
	e.firing = false
	if sim.Invariants {
		e.check(now)
	}
}

// rebase keeps the picoseconds small.
func (e *Engine) rebase() {
	e.base += sim.Time(e.clock / 1000)
	e.clock %= 1000
}

// before reports whether the scheduler knows of something that happened at an
// instant.
func (e *Engine) before(at sim.Time) bool { return at <= e.seen }

// leave lets cancelled sequences go.
func (e *Engine) leave() {
	kept := e.running[:0]
	for _, s := range e.running {
		if s.state == leaving && e.before(s.cancelled) {
			e.release(s)
			s.state = idle
			continue
		}
		kept = append(kept, s)
	}
	clear(e.running[len(kept):])
	e.running = kept
}

// release gives back what a sequence holds, the end of its prefix first, so
// that beginnings, which more prompts share, stay longest.
func (e *Engine) release(s *Sequence) {
	e.cache.free += s.own
	s.own = 0
	for i := len(s.shared) - 1; i >= 0; i-- {
		e.cache.drop(s.shared[i])
		s.shared[i] = nil
	}
	s.shared = s.shared[:0]
}

func (e *Engine) check(now sim.Time) {
	held := e.cache.free
	for _, u := range e.cache.units {
		held += u.blocks
	}
	for _, s := range e.running {
		held += s.own
	}
	if held != e.cache.total || e.cache.free < 0 {
		panic(fmt.Sprintf("llm: at %s %d blocks of %d are accounted for, %d free", now, held, e.cache.total, e.cache.free))
	}
}
