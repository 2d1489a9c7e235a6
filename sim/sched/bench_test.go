package sched

import (
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		s, err := New(Config{}, testEpoch, func() sim.Time { return 0 })
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// A pod's way in and out: created, scheduled, bound, deleted.
func BenchmarkScheduleOne(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n, " nodes"), func(b *testing.B) {
			w := newWorld(b, Config{})
			for i := range n {
				w.AddNode(node(fmt.Sprint("n", i), "label:zone", fmt.Sprint("z", i%3)))
			}
			for i := 0; b.Loop(); i++ {
				name := fmt.Sprint("p", i)
				w.add(pod(name, "cpu", "10m"))
				w.one()
				if i >= n {
					w.remove(fmt.Sprint("p", i-n))
				}
			}
		})
	}
}

func BenchmarkRejected(b *testing.B) {
	w := newWorld(b, Config{})
	for i := range 100 {
		w.AddNode(node(fmt.Sprint("n", i)))
	}
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("p", i)
		w.add(pod(name, "cpu", "10"))
		w.one()
		w.remove(name)
	}
}

// What every event of the simulation pays while pods wait.
func BenchmarkReadyAndNextFlush(b *testing.B) {
	w := newWorld(b, Config{}).nodes(node("a"))
	w.add(times(500, func(i int) *v1.Pod { return pod(fmt.Sprint("p", i), "cpu", 10) })...)
	w.run()
	for b.Loop() {
		if w.Ready() || w.NextFlush() == sim.Never {
			b.Fatal("all must wait")
		}
	}
}
