package sched

import (
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

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

// Sixty workloads on machines for 250 pods that have room for more of each than
// is asked for: what they cost at the end of a replication.
func BenchmarkHeadroom(b *testing.B) {
	for _, bench := range []struct {
		name   string
		nodes  int
		change func(p *v1.Pod)
	}{
		{"8 nodes", 8, func(*v1.Pod) {}},
		{"200 nodes", 200, func(*v1.Pod) {}},
		{"8 nodes, spread over zones", 8, func(p *v1.Pod) {
			own := spread(zone, v1.DoNotSchedule)
			own.LabelSelector.MatchLabels = p.Labels
			p.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{own}
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			w := newWorld(b, Config{})
			for i := range bench.nodes {
				w.AddNode(node(fmt.Sprint("n", i), "pods", "250", "cpu", "64", "memory", "256Gi", "label:zone",
					fmt.Sprint("z", i%3)))
			}
			workloads := times(60, func(i int) *v1.Pod {
				p := pod(fmt.Sprint("w", i), "app", fmt.Sprint("w", i), "cpu", "100m", "memory", "128Mi")
				bench.change(p)
				return p
			})
			for _, p := range workloads {
				for i := range 3 {
					c := p.DeepCopy()
					c.Name = fmt.Sprint(p.Name, "-", i)
					c.UID = types.UID(c.Name)
					w.add(c)
				}
			}
			w.run()
			for b.Loop() {
				for _, p := range workloads {
					if _, _, err := w.Headroom(p, 1000); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
