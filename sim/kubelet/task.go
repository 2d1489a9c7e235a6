package kubelet

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// task is the work of a process that ends by itself.
type task struct {
	work  cpu.Task
	left  int // parts that have not passed: time, and CPU time
	fails bool
}

// begin starts the work once the start is over. An init container of which
// nothing is said ends at once.
func (c *Container) begin(now sim.Time) {
	b, r := &c.plan.Behaviour, c.plan.Random
	told := int(c.lives) <= len(b.Lives)
	if !told && b.Runs == nil && b.CPU.Run == nil && (c.sidecar() || !c.isInit) {
		return
	}
	c.task.left, c.task.fails = 1, b.FailureRate > 0 && r.Float64() < b.FailureRate
	end := now
	switch {
	case told:
		end = now.Add(b.Lives[c.lives-1])
	case b.Runs != nil:
		end = now.Add(seconds(b.Runs.Sample(r)))
	}
	c.finish.Set(end)
	if b.CPU.Run != nil {
		c.task.left++
		c.task.work.Parallelism = b.CPU.RunThreads
		c.group.Start(now, &c.task.work, seconds(b.CPU.Run.Sample(r)), (*taskDone)(c))
	}
}

// taskDone is the container as it hears of the end of its task's CPU time.
type taskDone Container

// CPUDone implements cpu.Done.
func (w *taskDone) CPUDone(now sim.Time) { (*Container)(w).worked(now) }

// worked is the end of a part of the work.
func (c *Container) worked(now sim.Time) {
	if c.task.left--; c.task.left > 0 {
		return
	}
	b := &c.plan.Behaviour
	code := b.ExitCode
	if b.FailureRate > 0 && !c.task.fails {
		code = 0
	}
	c.exit(now, causeExited, code)
}
