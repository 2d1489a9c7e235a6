package cpu

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Done hears that a task has had all its CPU time.
type Done interface {
	CPUDone(now sim.Time)
}

// Task is a piece of CPU work. The zero Task is ready for use; embed it by
// value. It may be started again once it is done or cancelled, also from
// within its own CPUDone.
type Task struct {
	// Parallelism is how many cores the work can use at once, 1 to 4096; less
	// means 1. It is read when the task starts.
	Parallelism int

	group   *Group // while it runs
	done    Done
	target  amount // the group's service per thread at which the task is done
	threads uint64
	seq     uint64
	index   int // in the group's heap
	state   state
}

type state uint8

const (
	idle   state = iota
	active       // in its group's heap
	ending       // has had its CPU time, is about to hear so
)

// Running reports whether the task was started and has neither ended nor been
// cancelled.
func (t *Task) Running() bool { return t.state != idle }

// Start gives the group a task of the given CPU time, over all its threads. A
// work of 0 or less is done at this very instant, by an event of its own. It
// panics when the task is running.
func (g *Group) Start(now sim.Time, t *Task, work time.Duration, done Done) {
	if t.state != idle {
		panic(fmt.Sprintf("cpu: a task started at %s is running", now))
	}
	if g.onStart != nil && len(g.tasks) == 0 {
		g.onStart(now)
	}
	n := g.node
	n.reach(now)
	g.advance(now)
	n.seq++
	t.group, t.done, t.seq, t.state = g, done, n.seq, active
	t.threads = uint64(min(max(t.Parallelism, 1), maxCores))
	t.target = g.served.plus(amountOf(uint64(max(work, 0))).split(t.threads))
	g.tasks.push(t)
	g.resize(int64(t.threads))
	n.settle(now)
}

// Cancel takes the task off the CPU; its CPUDone will not be called. It
// reports whether the task was running.
func (t *Task) Cancel(now sim.Time) bool {
	g := t.group
	switch t.state {
	case idle:
		return false
	case active:
		g.node.reach(now)
		g.advance(now)
		g.tasks.remove(t.index)
		g.resize(-int64(t.threads))
	}
	t.release()
	g.node.settle(now)
	return true
}

// Remaining is the CPU time the task still needs, over all its threads,
// rounded down; 0 when it is not running.
func (t *Task) Remaining(now sim.Time) time.Duration {
	if t.state != active {
		return 0
	}
	t.group.observe(now)
	if !t.group.served.less(t.target) {
		return 0
	}
	return time.Duration(t.target.minus(t.group.served).times(t.threads).ns())
}

func (t *Task) release() { t.group, t.done, t.state = nil, nil, idle }

// Kill cancels all tasks of the group, as the death of its container does, and
// returns how many there were.
func (g *Group) Kill(now sim.Time) int {
	n := g.node
	n.reach(now)
	g.advance(now)
	killed := len(g.tasks)
	for i := range g.tasks {
		g.tasks[i].task.release()
		g.tasks[i] = entry{}
	}
	g.tasks = g.tasks[:0]
	g.resize(-int64(g.threads))
	for _, t := range n.ended {
		if t != nil && t.state == ending && t.group == g {
			t.release()
			killed++
		}
	}
	n.settle(now)
	return killed
}
