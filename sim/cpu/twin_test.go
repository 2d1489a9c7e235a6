package cpu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
		s.ops = append(s.ops, operation())
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

// scripted is a task of the node under test.
type scripted struct {
	Task
	player *player
	id     int
	again  int
	work   time.Duration
	home   *Group
	upon   []op
}

type player struct {
	t      testing.TB
	quiet  bool
	node   *Node
	groups []*Group
	tasks  []scripted
	log    []completion
	seen   []sight
}

func (t *scripted) CPUDone(now sim.Time) {
	t.player.log = append(t.player.log, completion{now, t.id})
	if t.again > 0 {
		t.again--
		t.home.Start(now, &t.Task, t.work, t)
	}
	for _, o := range t.upon {
		if o.kind != opLook || !t.player.quiet {
			t.player.do(t.player.t, now, o)
		}
	}
}

// play runs a script on the node under test. With quiet, nobody looks.
func (p *player) play(t testing.TB, s *script, quiet bool) *sim.Loop {
	p.t, p.quiet = t, quiet
	loop := sim.NewLoop()
	var err error
	p.node, err = NewNode(loop, Config{Cores: s.cores, Period: s.period, Phase: sim.PhaseRequest})
	require.NoError(t, err)
	for _, r := range s.groups {
		g, err := p.node.NewGroup(r)
		require.NoError(t, err)
		p.groups = append(p.groups, g)
	}
	p.tasks = make([]scripted, len(s.again))
	for i, again := range s.again {
		p.tasks[i] = scripted{player: p, id: i, again: again, upon: s.upon[i]}
	}
	for _, o := range s.ops {
		if !quiet || o.kind != opLook {
			loop.At(o.at, sim.PhaseTimeline, sim.Func(func(now sim.Time) { p.do(t, now, o) }))
		}
	}
	require.NoError(t, loop.RunUntil(context.Background(), s.end))
	return loop
}

func (p *player) do(t testing.TB, now sim.Time, o op) {
	g, task := p.groups[o.group], &p.tasks[o.task]
	switch o.kind {
	case opStart:
		if !task.Running() {
			task.home, task.work, task.Parallelism = g, o.work, o.threads
			g.Start(now, &task.Task, o.work, task)
		}
	case opCancel:
		require.Equal(t, task.Running(), task.Cancel(now))
	case opKill:
		held := g.Tasks() // tasks about to be told that they are done come on top
		require.GreaterOrEqual(t, g.Kill(now), held)
		require.Zero(t, g.Tasks())
	case opSet:
		require.NoError(t, g.SetResources(now, o.resources))
	case opLook:
		p.seen = append(p.seen, sight{g.Stats(now), task.Remaining(now), p.node.Used(now)})
	}
}

func compare(t testing.TB, s *script) {
	wantLog, wantSeen := newSlowNode(s).play(s)
	var p, quiet player
	p.play(t, s, false)
	quiet.play(t, s, true)
	require.Equal(t, wantLog, p.log, "%+v", s)
	require.Equal(t, wantSeen, p.seen, "%+v", s)
	require.Equal(t, wantLog, quiet.log, "unobserved: %+v", s)
}

var tempers = map[string]temper{
	"a few short tasks":         {groups: 2, tasks: 4, ops: 10, work: 60, span: 400},
	"many tasks":                {groups: 5, tasks: 30, ops: 60, work: 60, span: 500, eventful: true},
	"everything happens":        {groups: 4, tasks: 10, ops: 80, work: 200, span: 1000, eventful: true},
	"long tasks":                {groups: 3, tasks: 4, ops: 6, work: 4000, span: 6000},
	"long tasks, one clock":     {groups: 4, tasks: 6, ops: 8, work: 4000, span: 6000, aligned: true},
	"long tasks, interruptions": {groups: 3, tasks: 5, ops: 14, work: 4000, span: 6000, eventful: true, aligned: true},
}

// Completion times and all integrals are those of the slow twin, to the
// nanosecond.
func TestTheNodeEqualsItsSlowTwinToTheNanosecond(t *testing.T) {
	for name, k := range tempers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scripts := int(400_000 / k.span)
			for seed := range scripts {
				r := rand.New(rand.NewPCG(uint64(seed), 1))
				if compare(t, draw(r, k)); t.Failed() {
					t.Fatal(fmt.Sprint("seed ", seed))
				}
			}
		})
	}
}

func FuzzTheNodeEqualsItsSlowTwin(f *testing.F) {
	f.Add(uint64(1), uint8(2), uint8(5), uint8(20), uint16(60), true, false)
	f.Add(uint64(2), uint8(3), uint8(3), uint8(5), uint16(1500), false, true)
	f.Fuzz(func(t *testing.T, seed uint64, groups, tasks, ops uint8, work uint16, eventful, aligned bool) {
		compare(t, draw(rand.New(rand.NewPCG(seed, 2)), temper{
			groups: 1 + int(groups%8), tasks: 1 + int(tasks%40), ops: 1 + int(ops), work: 1 + int64(work%2000),
			span: 1500, eventful: eventful, aligned: aligned,
		}))
	})
}
