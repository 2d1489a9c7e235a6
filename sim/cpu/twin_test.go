package cpu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

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
	"long tasks, left alone":    {groups: 8, tasks: 12, ops: 24, work: 9000, span: 6000, early: true},
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
