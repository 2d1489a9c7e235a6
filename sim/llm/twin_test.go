package llm

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// twin is the engine written down: it steps through every iteration, keeps
// its prefixes in a list, and counts its blocks anew each time.
type twin struct {
	config  Config
	cost    timing.Cost
	total   int64
	clock   int64 // picoseconds since the start
	known   int64 // up to when the scheduler knows what came
	waiting []*twinSequence
	running []*twinSequence
	leaving []*twinSequence
	units   []*twinUnit // the longest unused first among those without holders
	log     []string
	order   int
	preempt int64
	steps   int64
}

type twinUnit struct {
	id      uint64
	blocks  int64
	holders int
	dropped int // order
}

type twinSequence struct {
	name                       int
	input, output              int64
	prefix                     []Part
	arrived, cancelled         sim.Time
	accepted                   sim.Time // by the scheduler
	out                        bool
	computed, generated, chunk int64
	units                      []*twinUnit
	blocks                     int64     // own
	left                       *twinUnit // when it was preempted, behind so many blocks
	behind                     int64
	decoding                   bool
	base, rounds               int64
}

func (t *twin) unit(id uint64) *twinUnit {
	for _, u := range t.units {
		if u.id == id {
			return u
		}
	}
	return nil
}

// free is the blocks nobody holds, and what is kept of prefixes for later.
func (t *twin) free() (unheld, kept int64) {
	unheld = t.total
	for _, s := range t.running {
		unheld -= s.blocks
	}
	for _, u := range t.units {
		unheld -= u.blocks
		if u.holders == 0 {
			kept += u.blocks
		}
	}
	return unheld, kept
}

// grow gives a sequence blocks, if there are any.
func (t *twin) grow(s *twinSequence, need int64) bool {
	unheld, kept := t.free()
	if need > unheld+kept {
		return false
	}
	for unheld < need {
		oldest := -1
		for i, u := range t.units {
			if u.holders == 0 && (oldest < 0 || u.dropped < t.units[oldest].dropped) {
				oldest = i
			}
		}
		takes := min(need-unheld, t.units[oldest].blocks)
		unheld += takes
		if t.units[oldest].blocks -= takes; t.units[oldest].blocks == 0 {
			t.units = slices.Delete(t.units, oldest, oldest+1)
		}
	}
	s.blocks += max(0, need)
	return true
}

func (t *twin) release(s *twinSequence) {
	for i := len(s.units) - 1; i >= 0; i-- {
		t.order++
		s.units[i].holders--
		s.units[i].dropped = t.order
	}
	s.units, s.blocks = nil, 0
}

// parts are those of which so many tokens are whole, with their blocks.
func (t *twin) parts(s *twinSequence, tokens int64) (list []twinUnit) {
	if !t.config.PrefixCaching {
		return nil
	}
	begin := int64(0)
	for _, p := range s.prefix {
		end := begin + int64(p.Tokens)
		if end > tokens {
			break
		}
		list = append(list, twinUnit{id: p.ID, blocks: end/BlockSize - begin/BlockSize})
		begin = end
	}
	return list
}

func (s *twinSequence) held() int64 {
	sum := s.blocks
	for _, u := range s.units {
		sum += u.blocks
	}
	return sum
}

// publish lets others have what is whole.
func (t *twin) publish(s *twinSequence) {
	for i, p := range t.parts(s, s.computed) {
		if i < len(s.units) {
			if more := p.blocks - s.units[i].blocks; more > 0 {
				if s.units[i].holders > 1 {
					return
				}
				s.units[i].blocks += more
				s.blocks -= more
			}
			continue
		}
		if t.unit(p.id) != nil {
			return
		}
		u := &twinUnit{id: p.id, blocks: p.blocks, holders: 1}
		t.units, s.units = append(t.units, u), append(s.units, u)
		s.blocks -= u.blocks
	}
}

func (s *twinSequence) target() int64 { return s.input + s.generated }

func (t *twin) seen(at sim.Time) bool { return int64(at)*1000 <= t.known }

// depart lets go the clients whose time has come.
func (t *twin) depart(now sim.Time) {
	for ; len(t.leaving) > 0 && t.leaving[0].cancelled <= now; t.leaving = t.leaving[1:] {
		q := t.leaving[0]
		q.out = true
		t.waiting = slices.DeleteFunc(t.waiting, func(w *twinSequence) bool { return w == q })
	}
}

// step is one iteration; false when there is nothing to do.
func (t *twin) step() bool {
	if len(t.running) == 0 {
		t.known = t.clock
	}
	t.running = slices.DeleteFunc(t.running, func(s *twinSequence) bool {
		gone := s.out && t.seen(s.cancelled)
		if gone {
			t.release(s)
		}
		return gone
	})
	budget := int64(t.config.MaxBatchedTokens)
	preempted := false
running:
	for i := 0; i < len(t.running); i++ {
		s := t.running[i]
		s.chunk = min(s.target()-s.computed, budget)
		grows := s.chunk
		if s.generated > 0 && s.target()-s.computed == 1 && s.chunk == 1 {
			grows = max(1, t.after(s)-s.generated)
		}
		need := max(0, (s.computed+grows+BlockSize-1)/BlockSize-s.held())
		for !t.grow(s, need) {
			preempted = true
			t.preempt++
			last := t.running[len(t.running)-1]
			t.running = t.running[:len(t.running)-1]
			behind := last.held() - last.blocks
			if keeps := min(last.computed/BlockSize-behind, last.blocks); t.config.PrefixCaching && !last.out && keeps > 0 {
				t.order++
				last.left, last.behind = &twinUnit{id: 1 << 62, blocks: keeps, dropped: t.order}, behind
				last.blocks -= keeps
				t.units = append(t.units, last.left)
			}
			t.release(last)
			last.computed = 0
			if !last.out {
				t.waiting = append([]*twinSequence{last}, t.waiting...)
			}
			if last == s {
				break running
			}
		}
		budget -= s.chunk
	}
	if len(t.running) == 0 {
		t.known = t.clock
	}
	for !preempted && len(t.waiting) > 0 && len(t.running) < t.config.MaxSequences && budget > 0 &&
		t.seen(t.waiting[0].accepted) {
		s := t.waiting[0]
		var hits []*twinUnit
		found := int64(0)
		for _, p := range t.parts(s, s.input) {
			u := t.unit(p.id)
			if u == nil || u.blocks > p.blocks {
				break
			}
			hits, found = append(hits, u), found+u.blocks
			if u.blocks < p.blocks {
				break
			}
		}
		own := int64(0)
		if s.left != nil && slices.Contains(t.units, s.left) && found == s.behind {
			own = s.left.blocks
			s.left.holders++
		}
		computed := min((found+own)*BlockSize, s.target()-1)
		s.chunk = min(s.target()-computed, budget)
		for _, u := range hits {
			u.holders++
		}
		unheld, kept := t.free()
		whole := !t.config.Generation.WholePrompts || max(0, (s.target()+BlockSize-1)/BlockSize-found-own) <= unheld+kept
		if !whole || !t.grow(s, max(0, (computed+s.chunk+BlockSize-1)/BlockSize-found-own)) {
			for _, u := range hits {
				u.holders--
			}
			if own > 0 {
				s.left.holders--
			}
			break
		}
		if own > 0 {
			t.units = slices.DeleteFunc(t.units, func(u *twinUnit) bool { return u == s.left })
			s.blocks += own
		}
		s.left = nil
		s.units, s.computed = hits, computed
		t.waiting = t.waiting[1:]
		t.running = append(t.running, s)
		budget -= s.chunk
	}
	if len(t.running) == 0 {
		return false
	}
	var b timing.Batch
	window := int64(0)
	if t.cost.Windowed > 0 {
		window = int64(t.config.Model.Window)
	}
	for _, s := range t.running {
		s.decoding = s.generated > 0 && s.target()-s.computed == 1
		if s.chunk > 0 {
			guesses := t.config.Speculation.Tokens
			switch full := min(s.computed+1, window); {
			case !s.decoding:
				b.Add(s.computed, s.chunk, window)
			case guesses > 0:
				b.Decode(s.input+s.base, s.rounds, window, guesses)
			default:
				b.Decode(s.input+s.base, s.rounds, full, 0)
			}
		}
	}
	began := t.clock
	time, floor := t.cost.Iteration(b)
	t.clock += max(time, floor)
	if t.known = t.clock; t.config.Generation.Overlaps {
		t.known = began
	}
	t.steps++
	now := sim.Time((t.clock + 999) / 1000)
	t.depart(now)
	t.running = slices.DeleteFunc(t.running, func(s *twinSequence) bool { return t.advance(now, s) })
	return true
}

// after is the tokens of the answer after the next round of decoding.
func (t *twin) after(s *twinSequence) int64 {
	yield := int64(math.Round(t.config.Speculation.Yield() * (1 << 20)))
	return min(s.output, s.base+(s.rounds+1)*yield>>20)
}

// advance gives a sequence its tokens, and reports whether it has them all.
func (t *twin) advance(now sim.Time, s *twinSequence) bool {
	if s.chunk == 0 {
		return false
	}
	gained := int64(1)
	if s.decoding {
		gained = t.after(s) - s.generated
		s.computed += gained
		s.rounds++
	} else if s.computed += s.chunk; s.computed < s.target() {
		return false
	}
	if !s.decoding {
		t.publish(s)
	}
	first := s.generated == 0
	if !s.decoding {
		s.base, s.rounds = s.generated+1, 0
	}
	s.generated += gained
	if first && !s.out {
		t.log = append(t.log, fmt.Sprint(int64(now), " first ", s.name))
	}
	if s.generated < s.output {
		return false
	}
	if !s.out {
		t.log = append(t.log, fmt.Sprint(int64(now), " done ", s.name))
	}
	t.publish(s)
	t.release(s)
	return true
}

// script is what is asked of an engine.
type script struct {
	config    Config
	sequences []*twinSequence // by arrival; cancelled is when the client goes, or Never
	kill      sim.Time
}

func draw(seed uint64) script {
	r := rand.New(rand.NewPCG(seed, 1))
	model, _ := catalogue.FindModel([]string{"llama-3.1-8b", "gpt-oss-20b"}[r.IntN(2)])
	if model.Window > 0 {
		model.Window = 1 + r.IntN(200)
	}
	l4, _ := catalogue.FindGPU("l4")
	// The host's work is at times longer than the GPU's, and at times in between.
	engine := *timing.Generations()[r.IntN(len(timing.Generations()))]
	engine.Coefficients.Step = r.Float64() * 80e3
	engine.Coefficients.Request, engine.Coefficients.Intake = r.Float64()*25, r.Float64()*25
	if r.IntN(2) == 0 {
		engine.Coefficients.Cache = 0.001 + 0.01*r.Float64() // so that the context counts
	}
	// As many blocks as the script says: what the GPU has beyond is taken away.
	s := script{kill: sim.Never, config: Config{Setup: timing.Setup{Model: model, GPU: l4}, Generation: &engine,
		MaxSequences: 1 + r.IntN(12), MaxBatchedTokens: 12 + r.IntN(200), MaxModelLen: 500}}
	s.config.PrefixCaching = r.IntN(2) == 0
	if r.IntN(3) == 0 {
		s.config.Speculation = timing.Speculation{Tokens: 1 + r.IntN(4), Acceptance: r.Float64(),
			DraftParameters: 1e8 * float64(r.IntN(3))}
	}
	length := 1 + r.IntN(120)
	at := sim.Time(0)
	for n := range 1 + r.IntN(40) {
		at += sim.Time(r.ExpFloat64() * float64(10e6*(1+r.Int64N(40))))
		q := &twinSequence{name: n, input: 1 + r.Int64N(int64(3*length)), output: 1 + r.Int64N(int64(length)), arrived: at,
			cancelled: sim.Never}
		for range r.IntN(6) {
			k := len(q.prefix)
			q.prefix = append(q.prefix, Part{ID: uint64(k*10 + r.IntN(3)), Tokens: int32(8 * (k + 2))})
		}
		if r.IntN(6) == 0 {
			q.cancelled = at + 1 + sim.Time(r.Int64N(3e9))
		}
		s.sequences = append(s.sequences, q)
	}
	return s
}

// blocksOf is a cache with room for the longest sequence, and a few more.
func (s *script) blocksOf(seed uint64) int64 {
	longest := int64(1)
	for _, q := range s.sequences {
		longest = max(longest, blocks(q.input+q.output))
	}
	return longest + rand.New(rand.NewPCG(seed, 2)).Int64N(40)
}

type listener struct {
	Sequence
	name int
	log  *[]string
}

func (l *listener) FirstToken(now sim.Time) {
	*l.log = append(*l.log, fmt.Sprint(int64(now), " first ", l.name))
}
func (l *listener) Finished(now sim.Time) {
	*l.log = append(*l.log, fmt.Sprint(int64(now), " done ", l.name))
}

func newEngine(t testing.TB, loop *sim.Loop, c Config, total int64) *Engine {
	e, err := NewEngine(loop, sim.PhaseRequest, c)
	require.NoError(t, err)
	e.cache.init(total)
	return e
}

func play(t testing.TB, s script, total int64) ([]string, Stats) {
	loop := sim.NewLoop()
	e := newEngine(t, loop, s.config, total)
	var log []string
	for _, q := range s.sequences {
		l := &listener{name: q.name, log: &log}
		l.Input, l.Output, l.Prefix, l.Done = int32(q.input), int32(q.output), q.prefix, l
		loop.At(q.arrived, sim.PhaseTimeline, sim.Func(func(now sim.Time) { require.NoError(t, e.Submit(now, &l.Sequence)) }))
		if q.cancelled != sim.Never {
			loop.At(q.cancelled, sim.PhaseTimeline, sim.Func(func(now sim.Time) { e.Cancel(now, &l.Sequence) }))
		}
	}
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(3600e9)))
	stats := e.Stats()
	require.Zero(t, stats.Running+stats.Waiting)
	require.Zero(t, stats.Cache)
	return log, stats
}

func (s *script) step(total int64) *twin {
	config, err := s.config.withDefaults()
	if err != nil {
		panic(err)
	}
	t := &twin{config: config, total: total}
	t.cost = timing.NewCost(&t.config.Setup, config.Generation)
	k, free := &config.Generation.Coefficients, sim.Time(0)
	for _, q := range s.sequences {
		free = max(free, q.arrived) + sim.Time(k.Intake*1e6)
		q.accepted = free + sim.Time(k.Request*1e6)
	}
	coming := slices.Clone(s.sequences)
	t.leaving = slices.DeleteFunc(slices.Clone(s.sequences),
		func(q *twinSequence) bool { return q.cancelled == sim.Never })
	slices.SortStableFunc(t.leaving, func(a, b *twinSequence) int { return cmp.Compare(a.cancelled, b.cancelled) })
	for {
		// What comes while an iteration runs is seen by the next.
		for len(coming) > 0 && int64(coming[0].accepted)*1000 <= t.clock {
			if !coming[0].out {
				t.waiting = append(t.waiting, coming[0])
			}
			coming = coming[1:]
		}
		t.depart(sim.Time(t.clock / 1000))
		if t.step() {
			continue
		}
		if len(coming) == 0 {
			return t
		}
		t.clock = int64(coming[0].accepted) * 1000
	}
}

// The engine tells of every first and last token at the nanosecond at which
// stepping through all iterations does, with the same preemptions.
func TestJumpingEqualsStepping(t *testing.T) {
	preempted, cached, iterations := int64(0), int64(0), int64(0)
	for seed := range uint64(1500) {
		s := draw(seed)
		total := s.blocksOf(seed)
		log, stats := play(t, s, total)
		slow := s.step(total)
		require.Equal(t, slow.log, log, "seed %d", seed)
		require.Equal(t, slow.preempt, stats.Preemptions, "seed %d", seed)
		require.Equal(t, slow.steps, stats.Iterations, "seed %d", seed)
		preempted += stats.Preemptions
		cached += stats.CachedTokens
		iterations += stats.Iterations
	}
	require.Greater(t, preempted, int64(1000), "the scripts must fill the cache")
	require.Greater(t, cached, int64(10_000), "the scripts must share prefixes")
	t.Logf("%d iterations, %d preemptions, %d tokens from the cache", iterations, preempted, cached)
}
