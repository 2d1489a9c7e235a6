package cpu

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
)

// check panics when the node's books do not balance; arm calls it where
// sim.Invariants are on.
func (n *Node) check(now sim.Time) {
	threads, rate := uint64(0), uint64(0)
	for _, g := range n.active {
		n.checkTasks(now, g)
		n.must(g.at <= now, now, "a group is ahead of time")
		n.must(n.cruise.length > 0 || g.due >= now, now, "an event of a group was passed over")
		n.must(g.speed <= one, now, "a thread runs faster than a core")
		n.must(!g.limited || g.at < g.end() && g.at >= g.end()-n.period, now, "a group is in another period")
		threads += g.runnable()
		if n.contended && !g.throttled() {
			rate += g.rate()
		}
	}
	n.must(threads == n.threads, now, "threads of the node do not add up")
	n.must(rate <= n.cores, now, "more than all cores are in use")
	n.must(n.next >= now, now, "an event of the node was passed over")
}

func (n *Node) checkTasks(now sim.Time, g *Group) {
	held := uint64(0)
	for i := range g.tasks {
		e := &g.tasks[i]
		n.must(e.task.group == g && e.task.index == i && e.task.state == active, now,
			"a task is not where its group holds it")
		n.must(i == 0 || !e.before(&g.tasks[(i-1)/2]), now, "tasks are out of order")
		held += e.task.threads
	}
	n.must(held == g.threads && held > 0, now, "threads of a group do not add up")
}

func (n *Node) must(holds bool, now sim.Time, what string) {
	if !holds {
		panic(fmt.Sprintf("cpu: at %s %s", now, what))
	}
}
