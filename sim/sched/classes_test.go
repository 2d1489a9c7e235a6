package sched

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// ownedHistory is what happens to the pods of templates; alter may break something
// before each cycle.
func ownedHistory(t *testing.T, seed uint64, cfg Config, alter func(c *chaos)) []string {
	nodes := 4 + int(seed)*3
	if seed%4 == 3 {
		nodes += 120 // a sample of them is looked at
	}
	c := newChaosOf(t, cfg, seed, nodes, true)
	if alter != nil {
		c.before = func() { alter(c) }
	}
	for range 250 {
		c.step()
	}
	return c.log
}

const ownedSeeds = 12

// What is known of a class of pods places them where asking all plugins about each node
// does, with the same messages, victims and nominations; also when the scheduler is not
// told of what it does not look at.
func TestVerdictsOfClasses(t *testing.T) {
	known, all := 0, 0
	for seed := range uint64(ownedSeeds) {
		want := ownedHistory(t, seed, Config{askAll: true, tellAll: true, plainSpread: true}, nil)
		got := ownedHistory(t, seed, Config{}, func(c *chaos) {
			for _, class := range c.classes.list {
				for n, v := range class.nodes {
					all++
					if v.filtered && v.generation == n.GetGeneration() {
						known++
					}
				}
			}
		})
		require.Equal(t, want, got, "seed %d", seed)
	}
	require.Greater(t, known, all/4)
}

// A verdict that outlives what it is about has to be seen.
func TestStaleVerdictsAreSeen(t *testing.T) {
	want := make([][]string, ownedSeeds)
	for seed := range want {
		want[seed] = ownedHistory(t, uint64(seed), Config{}, nil)
	}
	for name, alter := range map[string]func(c *chaos){
		"a node that has changed": func(c *chaos) {
			for _, class := range c.classes.list {
				for n, v := range class.nodes {
					v.generation = n.GetGeneration()
				}
			}
		},
		"images that other nodes have lost": func(c *chaos) { c.images = false },
		"pods of another spec": func(c *chaos) {
			if list := c.classes.list; len(list) > 1 {
				list[0].spec, list[1].spec = list[1].spec, list[0].spec
			}
		},
		"a pod's labels":   unseenBut(func(old, p *v1.Pod) { p.Labels = old.Labels }),
		"a pod's deletion": unseenBut(func(old, p *v1.Pod) { p.DeletionTimestamp = old.DeletionTimestamp }),
		"a pod's resources": unseenBut(func(old, p *v1.Pod) {
			p.Spec.Containers = old.Spec.Containers
			p.Status.ContainerStatuses = old.Status.ContainerStatuses
		}),
		"nominated pods": func(c *chaos) {
			for _, p := range c.profiles {
				if _, is := p.Framework.(*blind); !is {
					p.Framework = &blind{p.Framework}
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range want {
				if !slices.Equal(want[seed], ownedHistory(t, uint64(seed), Config{}, alter)) {
					return
				}
			}
			require.Fail(t, "no history is another")
		})
	}
}

// Of two victims alike, the one that has started last goes: a start that is not told of is
// seen.
func TestAStartIsSeen(t *testing.T) {
	victim := func(cfg Config, alter func(w *world)) string {
		w := newWorld(t, cfg).nodes(node("a"), node("b"))
		start := func(name string, seconds int) {
			w.change(name, func(p *v1.Pod) {
				p.Status.StartTime = &metav1.Time{Time: testEpoch.Add(time.Duration(seconds) * time.Second)}
			})
		}
		for i, on := range []string{"a", "b"} {
			w.add(pod("on-"+on, "cpu", "3", "node", on))
			start("on-"+on, 10*i)
		}
		start("on-a", 50)
		alter(w)
		w.add(pod("urgent", "cpu", "3", "priority", 10))
		victims := w.one().Victims
		require.Len(t, victims, 1)
		return victims[0].Pod.Name
	}
	require.Equal(t, "on-a", victim(Config{tellAll: true}, func(*world) {}))
	require.Equal(t, "on-a", victim(Config{}, func(*world) {}))
	require.Equal(t, "on-b", victim(Config{}, func(w *world) {
		for _, p := range w.order.started {
			if p.Name == "on-a" {
				p.Status.StartTime = &metav1.Time{Time: testEpoch}
			}
		}
	}))
}

// Which of several victims alike goes is decided by the order of the changes of a node's
// pods, also of those that the scheduler is not told of.
func TestTheOrderOfVictims(t *testing.T) {
	victims := func(seed uint64, cfg Config, alter func(w *world)) (names []string) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t, cfg).nodes(node("a", "cpu", "8"))
		for i := range 8 {
			w.add(pod(fmt.Sprint("p", i), "cpu", "1", "node", "a"))
		}
		for range r.IntN(20) {
			name := fmt.Sprint("p", r.IntN(8))
			w.change(name, func(p *v1.Pod) {
				p.Status.PodIP = fmt.Sprint("10.0.0.", r.IntN(200))
				switch r.IntN(4) {
				case 0:
					p.Labels["app"] = fmt.Sprint("x", r.IntN(9))
				case 1:
					p.Status.StartTime = &metav1.Time{Time: testEpoch.Add(time.Duration(r.IntN(3)) * time.Second)}
				}
			})
		}
		alter(w)
		w.add(pod("urgent", "cpu", "3", "priority", 10))
		for _, v := range w.one().Victims {
			names = append(names, v.Pod.Name)
		}
		return names
	}
	same := func(*world) {}
	missed, unstarted := false, false
	for seed := range uint64(40) {
		want := victims(seed, Config{tellAll: true}, same)
		require.Len(t, want, 3)
		require.Equal(t, want, victims(seed, Config{}, same), "seed %d", seed)
		reversed := victims(seed, Config{}, func(w *world) { slices.Reverse(w.order.on["a"]) })
		missed = missed || !slices.Equal(want, reversed)
		never := victims(seed, Config{}, func(w *world) { clear(w.order.started) })
		unstarted = unstarted || !slices.Equal(want, never)
	}
	require.True(t, missed)
	require.True(t, unstarted)
}

// unseenBut does not see what set takes over from the pod as it was.
func unseenBut(set func(old, p *v1.Pod)) func(c *chaos) {
	return func(c *chaos) {
		c.unseen = func(old, p *v1.Pod) bool {
			p = p.DeepCopy()
			set(old, p)
			return unseen(old, p)
		}
	}
}

// blind is a framework that doesn't know of nominated pods.
type blind struct{ framework.Framework }

func (*blind) NominatedPodsForNode(string) []fwk.PodInfo { return nil }

// Classes that don't come again are dropped.
func TestClassesAreBounded(t *testing.T) {
	c := newChaosOf(t, Config{}, 1, 3, true)
	for i := range 3 * mostClasses {
		p := c.ownedPod()
		p.OwnerReferences[0].UID = types.UID(fmt.Sprint("owner", i))
		p.Spec.Containers[0].Image = fmt.Sprint("app:v", i)
		c.add(p)
		c.cycle()
		require.LessOrEqual(t, len(c.classes.list), mostClasses)
		require.LessOrEqual(t, len(c.classes.byOwner), mostClasses)
	}
}
