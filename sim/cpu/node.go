package cpu

import (
	"fmt"
	"math"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Config is a node's CPU.
type Config struct {
	// Cores is the number of cores, more than 0 and at most 4096; it need not
	// be whole.
	Cores float64
	// Period is the period of all quotas on the node, at most 1 s; 0 means
	// DefaultPeriod.
	Period time.Duration
	// Phase is when, among all that happens at an instant, tasks are done.
	Phase sim.Phase
}

// Node is the CPU of one machine, shared by groups.
type Node struct {
	loop   *sim.Loop
	period sim.Time
	cores  uint64 // 2^-32 cores
	queues uint64 // run queues: cores, rounded up

	active    []*Group // that have threads, and some that just had
	threads   uint64   // that can run at once
	contended bool     // there are more threads than cores
	changed   bool     // some group has other threads or resources
	seq       uint64
	used      amount

	timer  sim.Timer
	next   sim.Time // when the node must act
	firing bool
	ended  []*Task // about to be told
	run    []*Group
	cruise cruise
}

// NewNode returns an idle CPU.
func NewNode(loop *sim.Loop, c Config) (*Node, error) {
	if !(c.Cores >= 0.001 && c.Cores <= maxCores) {
		return nil, fmt.Errorf("cores: must be between 0.001 and %d, got %v", maxCores, c.Cores)
	}
	if c.Period == 0 {
		c.Period = DefaultPeriod
	}
	if c.Period < 0 || c.Period > maxPeriod {
		return nil, fmt.Errorf("period: must be between 0 and %s, got %s", maxPeriod, c.Period)
	}
	n := &Node{
		loop: loop, period: sim.Time(c.Period), next: sim.Never,
		cores: uint64(math.Round(c.Cores * one)), queues: uint64(math.Ceil(c.Cores)),
	}
	n.cruise.check = sim.Never
	n.timer.Init(loop, c.Phase, n.fire)
	return n, nil
}

// NewGroup adds a cgroup. A group without tasks costs nothing, so there is
// nothing to remove when its container is gone.
func (n *Node) NewGroup(r Resources) (*Group, error) {
	if err := r.validate(n.period); err != nil {
		return nil, err
	}
	g := &Group{node: n, speed: one, at: n.loop.Now(), due: sim.Never, period: period{index: unknown}}
	g.configure(r)
	return g, nil
}

// Contended reports whether there are more threads than cores, those of
// throttled groups included.
func (n *Node) Contended() bool { return n.contended }

// fire ends the tasks that are due and lets groups be throttled and let go.
func (n *Node) fire(now sim.Time) {
	n.reach(now)
	n.firing = true
	for _, g := range n.active {
		if g.due <= now {
			g.advance(now)
			g.stale = true
			n.end(g)
		}
	}
	n.sortEnded()
	for i, t := range n.ended {
		n.ended[i] = nil
		if t.state == ending { // not cancelled by one that was told before
			done := t.done
			t.release()
			done.CPUDone(now)
		}
	}
	n.ended = n.ended[:0]
	n.firing = false
	n.settle(now)
}

// end takes the tasks of a group that have had their service off its heap.
func (n *Node) end(g *Group) {
	for len(g.tasks) > 0 && !g.served.less(g.tasks[0].target) {
		t := g.tasks[0].task
		g.tasks.remove(0)
		t.state = ending
		n.ended = append(n.ended, t)
		g.resize(-int64(t.threads))
	}
}

// sortEnded puts the tasks that end together in the order of their start.
func (n *Node) sortEnded() {
	for i := 1; i < len(n.ended); i++ {
		t, j := n.ended[i], i
		for ; j > 0 && n.ended[j-1].seq > t.seq; j-- {
			n.ended[j] = n.ended[j-1]
		}
		n.ended[j] = t
	}
}

// settle finds the speeds that hold from now on and the next event.
func (n *Node) settle(now sim.Time) {
	if n.firing {
		return // fire will, once for all
	}
	n.rerate(now)
	n.arm(now)
}

func (n *Node) arm(now sim.Time) {
	if sim.Invariants {
		n.check(now)
	}
	if n.timer.Deadline() != n.next {
		n.timer.Set(n.next)
	}
}

// rerate finds the speed and the next event of every group, and of the node.
func (n *Node) rerate(now sim.Time) {
	contended := n.threads > n.cores/one
	turned := contended != n.contended
	n.contended = contended
	for _, g := range n.active {
		if turned || g.due <= now {
			g.advance(now)
			g.stale = true
		}
	}
	n.share(now)
	if n.changed {
		n.changed = false
		n.cruise = cruise{check: now + n.period}
	}
	if n.plan() {
		n.watch(now)
	}
}

// plan finds the first event of all groups, drops those without tasks, and
// reports whether some group swings.
func (n *Node) plan() (swings bool) {
	n.next = sim.Never
	kept := n.active[:0]
	for _, g := range n.active {
		if g.threads == 0 {
			g.listed, g.stale, g.due, g.swings = false, false, sim.Never, false
			continue
		}
		if g.stale {
			g.plan()
		}
		n.next = min(n.next, g.due)
		swings = swings || g.swings
		kept = append(kept, g)
	}
	clear(n.active[len(kept):])
	n.active = kept
	return swings
}
