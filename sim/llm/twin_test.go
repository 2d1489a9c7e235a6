package llm

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// twin is the engine written down: it steps through every iteration, keeps
// its prefixes in a list, and counts its blocks anew each time.
type twin struct {
	config  Config
	cost    cost
	total   int64
	clock   int64 // picoseconds since the start
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
	holders int
	dropped int // order
}

type twinSequence struct {
	name                       int
	input, output              int64
	prefix                     []uint64
	arrived, cancelled         sim.Time
	out                        bool
	computed, generated, chunk int64
	units                      []*twinUnit
	blocks                     int64 // own
	decoding                   bool
}

func (t *twin) unit(id uint64) *twinUnit {
	for _, u := range t.units {
		if u.id == id {
			return u
		}
	}
	return nil
}

func (t *twin) per() int64 { return int64(t.config.PrefixTokens / BlockSize) }

// free is the blocks nobody holds, and what is kept of prefixes for later.
func (t *twin) free() (unheld, kept int64) {
	unheld = t.total - int64(len(t.units))*t.per()
	for _, s := range t.running {
		unheld -= s.blocks
	}
	for _, u := range t.units {
		if u.holders == 0 {
			kept += t.per()
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
	for ; unheld < need; unheld += t.per() {
		oldest := -1
		for i, u := range t.units {
			if u.holders == 0 && (oldest < 0 || u.dropped < t.units[oldest].dropped) {
				oldest = i
			}
		}
		t.units = slices.Delete(t.units, oldest, oldest+1)
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

func (t *twin) ids(s *twinSequence) []uint64 {
	if t.config.PrefixTokens == 0 {
		return nil
	}
	return s.prefix[:min(len(s.prefix), int(s.input)/t.config.PrefixTokens)]
}

func (s *twinSequence) target() int64 { return s.input + s.generated }

func (t *twin) seen(at sim.Time) bool { return int64(at)*1000 <= t.clock }

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
		need := max(0, (s.computed+s.chunk+BlockSize-1)/BlockSize-s.blocks-int64(len(s.units))*t.per())
		for !t.grow(s, need) {
			preempted = true
			t.preempt++
			last := t.running[len(t.running)-1]
			t.running = t.running[:len(t.running)-1]
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
	for !preempted && len(t.waiting) > 0 && len(t.running) < t.config.MaxSequences && budget > 0 && t.seen(t.waiting[0].arrived) {
		s := t.waiting[0]
		var hits []*twinUnit
		for _, id := range t.ids(s) {
			u := t.unit(id)
			if u == nil {
				break
			}
			hits = append(hits, u)
		}
		computed := min(int64(len(hits)*t.config.PrefixTokens), s.target()-1)
		s.chunk = min(s.target()-computed, budget)
		for _, u := range hits {
			u.holders++
		}
		if !t.grow(s, max(0, (computed+s.chunk+BlockSize-1)/BlockSize-int64(len(hits))*t.per())) {
			for _, u := range hits {
				u.holders--
			}
			break
		}
		s.units, s.computed = hits, computed
		t.waiting = t.waiting[1:]
		t.running = append(t.running, s)
		budget -= s.chunk
	}
	if len(t.running) == 0 {
		return false
	}
	var b batch
	for _, s := range t.running {
		s.decoding = s.generated > 0 && s.target()-s.computed == 1
		if s.chunk > 0 {
			b.sequences++
			b.tokens += s.chunk
			b.context += s.computed + s.chunk
			if !s.decoding {
				b.attention += s.chunk * (2*s.computed + s.chunk)
			}
		}
	}
	t.clock += t.cost.iteration(b)
	t.steps++
	now := sim.Time((t.clock + 999) / 1000)
	t.depart(now)
	t.running = slices.DeleteFunc(t.running, func(s *twinSequence) bool { return t.advance(now, s) })
	return true
}

// advance gives a sequence its tokens, and reports whether it has them all.
func (t *twin) advance(now sim.Time, s *twinSequence) bool {
	if s.chunk == 0 {
		return false
	}
	if s.computed += s.chunk; s.computed < s.target() {
		return false
	}
	if !s.decoding {
		ids := t.ids(s)
		for _, id := range ids[min(len(s.units), len(ids)):] {
			if t.unit(id) == nil {
				u := &twinUnit{id: id, holders: 1}
				t.units, s.units = append(t.units, u), append(s.units, u)
				s.blocks -= t.per()
			}
		}
	}
	s.generated++
	if s.generated == 1 && !s.out {
		t.log = append(t.log, fmt.Sprint(int64(now), " first ", s.name))
	}
	if s.generated < s.output {
		return false
	}
	if !s.out {
		t.log = append(t.log, fmt.Sprint(int64(now), " done ", s.name))
	}
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
	llama, _ := FindModel("llama-3.1-8b")
	l4, _ := FindGPU("l4")
	// As many blocks as the script says: what the GPU has beyond is taken away.
	s := script{kill: sim.Never, config: Config{Setup: Setup{Model: llama, GPU: l4}, MaxSequences: 1 + r.IntN(12), MaxBatchedTokens: 12 + r.IntN(200), MaxModelLen: 500}}
	if r.IntN(2) == 0 {
		s.config.PrefixTokens = BlockSize * (1 + r.IntN(3))
	}
	length := 1 + r.IntN(120)
	at := sim.Time(0)
	for n := range 1 + r.IntN(40) {
		at += sim.Time(r.ExpFloat64() * float64(10e6*(1+r.Int64N(40))))
		q := &twinSequence{name: n, input: 1 + r.Int64N(int64(3*length)), output: 1 + r.Int64N(int64(length)), arrived: at, cancelled: sim.Never}
		for range r.IntN(6) {
			q.prefix = append(q.prefix, uint64(len(q.prefix)*10+r.IntN(3)))
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
	e.cache = newCache(total, c.PrefixTokens)
	e.cache.init()
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
	t := &twin{config: config, cost: config.cost(config.coefficients()), total: total}
	coming := slices.Clone(s.sequences)
	t.leaving = slices.DeleteFunc(slices.Clone(s.sequences), func(q *twinSequence) bool { return q.cancelled == sim.Never })
	slices.SortStableFunc(t.leaving, func(a, b *twinSequence) int { return cmp.Compare(a.cancelled, b.cancelled) })
	for {
		// What comes while an iteration runs is seen by the next.
		for len(coming) > 0 && t.seen(coming[0].arrived) {
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
		t.clock = int64(coming[0].arrived) * 1000
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
