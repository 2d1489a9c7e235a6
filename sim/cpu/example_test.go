package cpu_test

import (
	"context"
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
)

// request is what a server would have: the task is part of it, so starting one
// allocates nothing.
type request struct {
	task cpu.Task
	name string
}

func (r *request) CPUDone(now sim.Time) { fmt.Println(r.name, "done at", now) }

// A container limited to half a core has 50 ms of every 100 ms. Two threads use
// 40 ms of them in 20 ms, the one that is left uses the rest in 10 ms more, and
// has to wait for the next period.
func Example() {
	loop := sim.NewLoop()
	node, err := cpu.NewNode(loop, cpu.Config{Cores: 4, Phase: sim.PhaseRequest})
	if err != nil {
		panic(err)
	}
	web, err := node.NewGroup(cpu.ResourcesOf(250, 500, 0))
	if err != nil {
		panic(err)
	}
	a, b := &request{name: "a"}, &request{name: "b"}
	web.Start(0, &a.task, 20*time.Millisecond, a)
	web.Start(0, &b.task, 40*time.Millisecond, b)
	if err := loop.RunUntil(context.Background(), sim.Time(time.Second)); err != nil {
		panic(err)
	}
	s := web.Stats(loop.Now())
	fmt.Println("used", s.Used, "throttled", s.Throttled, "in", s.ThrottledPeriods, "of", s.Periods, "periods")
	// Output:
	// a done at 0.02s
	// b done at 0.11s
	// used 60ms throttled 70ms in 1 of 2 periods
}
