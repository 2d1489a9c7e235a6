package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const twinTimers = 8

// scheduler is what the loop and its slow twin have in common. Firing calls
// happened with the id of the event; timers have the ids below twinTimers.
type scheduler interface {
	now() Time
	at(t Time, p Phase, id int)
	set(timer int, t Time)
	stop(timer int)
	deadline(timer int) Time
	pending() int
	run(end Time)
	onFire(func(id int))
}

// real is the loop.
type realScheduler struct {
	t      testing.TB
	loop   *Loop
	timers [twinTimers]Timer
	fire   func(id int)
}

func newReal(t testing.TB) *realScheduler {
	r := &realScheduler{t: t, loop: NewLoop()}
	for i := range r.timers {
		r.timers[i].Init(r.loop, Phase(i)%7, func(Time) { r.fire(i) })
	}
	return r
}

func (r *realScheduler) now() Time               { return r.loop.Now() }
func (r *realScheduler) set(timer int, t Time)   { r.timers[timer].Set(t) }
func (r *realScheduler) stop(timer int)          { r.timers[timer].Stop() }
func (r *realScheduler) deadline(timer int) Time { return r.timers[timer].Deadline() }
func (r *realScheduler) pending() int            { return r.loop.Pending() }
func (r *realScheduler) onFire(f func(id int))   { r.fire = f }
func (r *realScheduler) run(end Time)            { require.NoError(r.t, r.loop.RunUntil(r.t.Context(), end)) }
func (r *realScheduler) at(t Time, p Phase, id int) {
	r.loop.At(t, p, Func(func(Time) { r.fire(id) }))
}

// slowScheduler keeps everything in one slice, sorts it whenever it looks at
// it, and searches it from the front.
type slowScheduler struct {
	clock Time
	list  []slowEvent
	seq   int
	fire  func(id int)
}

type slowEvent struct {
	at    Time
	phase Phase
	seq   int
	id    int
}

func (s *slowScheduler) now() Time             { return s.clock }
func (s *slowScheduler) pending() int          { return len(s.list) }
func (s *slowScheduler) onFire(f func(id int)) { s.fire = f }
func (s *slowScheduler) at(t Time, p Phase, id int) {
	s.seq++
	s.list = append(s.list, slowEvent{t, p, s.seq, id})
}

func (s *slowScheduler) stop(timer int) {
	s.list = slices.DeleteFunc(s.list, func(e slowEvent) bool { return e.id == timer })
}

func (s *slowScheduler) set(timer int, t Time) {
	s.stop(timer)
	if t != Never {
		s.at(t, Phase(timer)%7, timer)
	}
}

func (s *slowScheduler) deadline(timer int) Time {
	for _, e := range s.list {
		if e.id == timer {
			return e.at
		}
	}
	return Never
}

func (s *slowScheduler) run(end Time) {
	for {
		slices.SortFunc(s.list, func(a, b slowEvent) int {
			switch {
			case a.at != b.at:
				return int(a.at - b.at)
			case a.phase != b.phase:
				return int(a.phase) - int(b.phase)
			}
			return a.seq - b.seq
		})
		if len(s.list) == 0 || s.list[0].at > end {
			s.clock = max(s.clock, end)
			return
		}
		e := s.list[0]
		s.list = s.list[1:]
		s.clock = e.at
		s.fire(e.id)
	}
}

// observation is what can be seen of a scheduler at a moment.
type observation struct {
	id        int // of what fires; -1 after an operation
	now       Time
	pending   int
	deadlines [twinTimers]Time
}

// play does the operations that the bytes spell and returns all that could be
// seen on the way. What fires schedules, moves and stops others, by its id.
func play(s scheduler, ops []byte) []observation {
	var seen []observation
	observe := func(id int) {
		o := observation{id: id, now: s.now(), pending: s.pending()}
		for i := range o.deadlines {
			o.deadlines[i] = s.deadline(i)
		}
		seen = append(seen, o)
	}
	next, children := twinTimers, 2*len(ops)
	s.onFire(func(id int) {
		observe(id)
		if children--; children < 0 {
			return
		}
		if id%3 == 0 {
			s.at(s.now()+Time(id%4), Phase(id%7), next)
			next++
		}
		if id%5 == 0 {
			s.stop(id / 5 % twinTimers)
		}
		if id%7 == 0 {
			s.set(id/7%twinTimers, s.now()+Time(id%3))
		}
	})
	for len(ops) >= 2 {
		op, x := ops[0]%8, int(ops[1])
		ops = ops[2:]
		switch op {
		case 0, 1, 2:
			s.at(s.now()+Time(x%32), Phase(x/32%7), next)
			next++
		case 3, 4:
			s.set(x%twinTimers, s.now()+Time(x/twinTimers))
		case 5:
			s.stop(x % twinTimers)
		case 6:
			s.set(x%twinTimers, Never)
		case 7:
			s.run(s.now() + Time(x%16))
		}
		observe(-1)
	}
	s.run(s.now() + 1000)
	observe(-1)
	return seen
}

func compareWithTwin(t *testing.T, ops []byte) {
	want, got := play(&slowScheduler{}, ops), play(newReal(t), ops)
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "observation %d", i)
	}
	require.Len(t, got, len(want))
}

func TestQueueAgainstSlowTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 400 {
		ops := make([]byte, 2*(1+r.IntN(200)))
		for i := range ops {
			ops[i] = byte(r.Uint32())
		}
		compareWithTwin(t, ops)
	}
}

// With few runs among the operations the queue becomes deep, so that entries
// move over several levels.
func TestDeepQueueAgainstSlowTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		var ops []byte
		for range 1500 {
			op := byte(r.IntN(7))
			if r.IntN(200) == 0 {
				op = 7
			}
			ops = append(ops, op, byte(r.Uint32()))
		}
		compareWithTwin(t, ops)
	}
}

func FuzzQueue(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 7, 15})
	f.Add([]byte{3, 255, 3, 7, 5, 7, 7, 3})
	f.Add([]byte{0, 9, 3, 9, 3, 1, 6, 1, 4, 1, 7, 200, 0, 0, 7, 0})
	f.Fuzz(func(t *testing.T, ops []byte) { compareWithTwin(t, ops[:min(len(ops), 1000)]) })
}
