package cpu

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

func dur(ns int64) time.Duration { return time.Duration(ns) }

type completion struct {
	at   sim.Time
	task int
}

// sight is what an observer sees.
type sight struct {
	group     Stats
	remaining time.Duration
	node      time.Duration
}

type opKind int

const (
	opStart opKind = iota
	opCancel
	opKill
	opSet
	opLook
)

type op struct {
	at          sim.Time
	kind        opKind
	group, task int
	threads     int
	work        time.Duration
	resources   Resources
}

// script is what happens to a node. Periods of tens of nanoseconds make it
// short enough for the slow twin; the law has no scale of its own.
type script struct {
	cores  float64
	period time.Duration
	groups []Resources
	again  []int  // how often each task starts itself anew when done
	upon   [][]op // what happens when a task is done, by task
	ops    []op
	end    sim.Time
}

// temper is what kind of script to draw.
type temper struct {
	groups, tasks, ops int
	work, span         int64
	aligned            bool // all periods begin together
	eventful           bool // tasks are cancelled, groups killed and resized
	early              bool // all that happens happens at the beginning
}

func draw(r *rand.Rand, k temper) *script {
	s := &script{
		cores:  []float64{0.5, 1, 1, 1.5, 2, 3, 4, 8}[r.IntN(8)],
		period: dur(5 + r.Int64N(60)),
		end:    sim.Time(k.span),
	}
	resources := func() Resources {
		x := Resources{Weight: 1 + r.IntN(10)*r.IntN(20)}
		if r.IntN(3) > 0 {
			x.Quota = dur(1 + r.Int64N(int64(2*s.period)))
		}
		if r.IntN(3) == 0 {
			x.Threads = 1 + r.IntN(4)
		}
		if !k.aligned {
			x.Offset = dur(r.Int64N(int64(s.period)))
		}
		return x
	}
	for range 1 + r.IntN(k.groups) {
		s.groups = append(s.groups, resources())
	}
	for range 1 + r.IntN(k.tasks) {
		s.again = append(s.again, r.IntN(3)*r.IntN(2))
	}
	operation := func() op {
		o := op{
			at: sim.Time(r.Int64N(k.span)), kind: opStart,
			group: r.IntN(len(s.groups)), task: r.IntN(len(s.again)),
			threads: 1 + r.IntN(4)*r.IntN(2), work: dur(r.Int64N(k.work)),
		}
		switch x := r.IntN(20); {
		case x < 6:
			o.kind = opLook
		case x < 8 && k.eventful:
			o.kind = opCancel
		case x < 9 && k.eventful:
			o.kind = opKill
		case x < 11 && k.eventful:
			o.kind, o.resources = opSet, resources()
		}
		return o
	}
	for range 1 + r.IntN(k.ops) {
		o := operation()
		if k.early && o.kind != opLook {
			o.at /= 30
		}
		s.ops = append(s.ops, o)
	}
	s.upon = make([][]op, len(s.again))
	for i := range s.upon {
		if o := operation(); k.eventful && o.kind != opStart { // a start might go on without end
			s.upon[i] = append(s.upon[i], o)
		}
	}
	s.ops = append(s.ops, op{at: s.end, kind: opLook})
	slices.SortStableFunc(s.ops, func(a, b op) int { return int(a.at - b.at) })
	return s
}
