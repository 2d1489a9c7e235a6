package sched

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// ownedHistory is what happens to the pods of templates; alter may break something
// before each cycle.
func ownedHistory(t *testing.T, seed uint64, cfg Config, alter func(c *chaos)) []string {
	return eventful(t, seed, cfg, true, alter)
}

func eventful(t *testing.T, seed uint64, cfg Config, owned bool, alter func(c *chaos)) []string {
	nodes := 4 + int(seed)*3
	if seed%4 == 3 {
		nodes += 120 // a sample of them is looked at
	}
	c := newChaosOf(t, cfg, seed, nodes, owned)
	c.headroom = seed%5 == 4
	if c.alone = seed%3 == 1; c.alone {
		c.Set(&v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "w", Namespace: "default"},
			Spec: v1.ServiceSpec{Selector: map[string]string{"app": "w"}}})
	}
	if alter != nil {
		c.before = func() { alter(c) }
	}
	for range 250 {
		c.step()
	}
	return c.log
}

const ownedSeeds = 12

// What is known of a class of pods places them where upstream's SchedulePod does, which asks
// all plugins about each node, with the same messages, victims and nominations; also when the
// scheduler is not told of what it does not look at.
func TestVerdictsOfClasses(t *testing.T) {
	known, all, premises := 0, 0, 0
	for seed := range uint64(2 * ownedSeeds) {
		owned := seed%2 == 0
		want := eventful(t, seed/2, Config{Exact: true, tellAll: true, plainSpread: true}, owned, nil)
		got := eventful(t, seed/2, Config{}, owned, func(c *chaos) {
			for _, class := range c.classes.of {
				if class.premise != nil {
					premises++
				}
			}
			for v := range c.verdicts() {
				all++
				if number, is := c.search.numbers.known[v.node]; is && v.filtered &&
					v.content == c.search.numbers.contentOf(number, v.node) {
					known++
				}
			}
		})
		require.Equal(t, want, got, "seed %d", seed)
	}
	require.Greater(t, known, all/4)
	require.Greater(t, premises, 1000)
}

// verdicts are all that are kept.
func (c *chaos) verdicts() iter.Seq[*verdict] {
	return func(yield func(*verdict) bool) {
		for _, class := range c.classes.of {
			for i := range class.verdicts {
				if v := &class.verdicts[i]; v.node != nil && !yield(v) {
					return
				}
			}
		}
	}
}

// known are the books of nodes, which are brought up to date first.
func (c *chaos) known() iter.Seq[*books] {
	require.NoError(c.t, c.upstream.Cache.UpdateSnapshot(c.logger, c.snapshot))
	return func(yield func(*books) bool) {
		for i := range c.search.numbers.books {
			if b := &c.search.numbers.books[i]; b.info != nil && b.info.Node() != nil && !yield(b) {
				return
			}
		}
	}
}

// A verdict that outlives what it is about has to be seen.
func TestStaleVerdictsAreSeen(t *testing.T) {
	want := make([][]string, ownedSeeds)
	for seed := range want {
		want[seed] = ownedHistory(t, uint64(seed), Config{}, nil)
	}
	for name, alter := range map[string]func(c *chaos){
		"a node that has changed": func(c *chaos) {
			for b := range c.known() {
				b.requested, b.nonZero, b.pods = *b.info.Requested, *b.info.NonZeroRequested, len(b.info.Pods)
			}
		},
		"what pods request": func(c *chaos) {
			for b := range c.known() {
				b.requested, b.nonZero = *b.info.Requested, *b.info.NonZeroRequested
			}
		},
		"a node of other labels and taints": func(c *chaos) {
			for b := range c.known() {
				b.node = b.info.Node()
			}
		},
		"a pod that spread counts": func(c *chaos) {
			c.known()
			for _, t := range c.spreads[0].tallies {
				for i := range t.nodes {
					if n := t.nodes[i].info; n != nil {
						t.nodes[i].generation = n.Generation
					}
				}
			}
		},
		"a node in another's place": func(c *chaos) {
			for v := range c.verdicts() {
				if at := c.search.numbers.known[v.node]; at > 0 {
					c.search.numbers.numbers[0] = at
				}
			}
		},
		"where the last search ended": func(c *chaos) { c.search.start = 0 },
		"why nodes have refused a class": func(c *chaos) {
			for _, class := range c.classes.of {
				if class.refusal != nil {
					clear(class.refusal.statuses)
				}
			}
		},
		"a pod that could be a victim":      func(c *chaos) { clear(c.room.order.priorities) },
		"images that other nodes have lost": func(c *chaos) { c.images = false },
		"what the plugins found out about another pod": func(c *chaos) {
			var before *podClass
			for _, key := range slices.Sorted(maps.Keys(c.classes.of)) {
				class := c.classes.of[key]
				if before != nil && before.premise != nil && class.premise != nil {
					before.premise, class.premise = class.premise, before.premise
				}
				before = class
			}
		},
		"pods of another spec": func(c *chaos) {
			if keys := slices.Sorted(maps.Keys(c.classes.of)); len(keys) > 1 {
				of := c.classes.of
				of[keys[0]], of[keys[1]] = of[keys[1]], of[keys[0]]
			}
		},
		"a pod's labels":   unseenBut(func(old, p *v1.Pod) { p.Labels = old.Labels }),
		"a pod's deletion": unseenBut(func(old, p *v1.Pod) { p.DeletionTimestamp = old.DeletionTimestamp }),
		"a pod's resources": unseenBut(func(old, p *v1.Pod) {
			p.Spec.Containers = old.Spec.Containers
			p.Status.ContainerStatuses = old.Status.ContainerStatuses
		}),
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

// A pod that is nominated to a node keeps others away only while it is.
func TestAVerdictBesideNominatedPodsIsNotKept(t *testing.T) {
	last := func(alter func(s *Scheduler)) string {
		w := newWorld(t, Config{}).nodes(node("a", "cpu", "8"))
		w.add(pod("victim", "cpu", "5", "node", "a"))
		w.add(pod("urgent", "cpu", "6", "priority", 10))
		r := w.one()
		require.Len(t, r.Victims, 1)
		w.change("urgent", func(p *v1.Pod) { p.Status.NominatedNodeName = r.NominatedNode })
		w.terminate("victim")
		alter(w.Scheduler)
		w.add(pod("kept-away", "cpu", "2"))
		require.Empty(t, w.one().Node)
		w.remove("urgent")
		w.remove("kept-away")
		w.add(pod("alike", "cpu", "2"))
		return w.one().Node
	}
	require.Equal(t, "a", last(func(*Scheduler) {}))
	require.Empty(t, last(func(s *Scheduler) { s.nominations = false }))
	require.Empty(t, last(func(s *Scheduler) {
		for _, p := range s.profiles {
			p.Framework = &blind{p.Framework}
		}
	}))
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
		for _, p := range w.room.order.started {
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
		reversed := victims(seed, Config{}, func(w *world) { slices.Reverse(w.room.order.on["a"]) })
		missed = missed || !slices.Equal(want, reversed)
		never := victims(seed, Config{}, func(w *world) { clear(w.room.order.started) })
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

// Classes that don't come again are dropped, the one that was not there for longest first.
func TestClassesAreBounded(t *testing.T) {
	var c classes
	most := mostClasses(5000)
	require.Less(t, most, 200)
	often := pod("often")
	first := c.class(c.key(often), 5000)
	first.room(7)[3].scored = true
	for i := range 3 * most {
		p := pod("p", "cpu", fmt.Sprint(i+1, "m"))
		require.Empty(t, slices.DeleteFunc(c.class(c.key(p), 5000).room(7), func(v verdict) bool { return v == verdict{} }))
		require.LessOrEqual(t, len(c.of), most)
		require.Same(t, first, c.class(c.key(often), 5000))
	}
}

// A node keeps its number while others come and go, and numbers are used again.
func TestNumbersOfNodes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var numbers roster
	var there []fwk.NodeInfo
	number := map[fwk.NodeInfo]int32{}
	for range 300 {
		there = slices.Clone(there)
		for len(there) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(there))
			delete(number, there[i])
			there = slices.Delete(there, i, i+1)
		}
		for len(there) < 20 && r.IntN(3) > 0 {
			there = slices.Insert(there, r.IntN(len(there)+1), fwk.NodeInfo(framework.NewNodeInfo()))
		}
		taken := map[int32]bool{}
		for i, got := range numbers.of(there) {
			require.False(t, taken[got])
			taken[got] = true
			if was, is := number[there[i]]; is {
				require.Equal(t, was, got)
			}
			number[there[i]] = got
			require.Less(t, int(got), numbers.most)
		}
	}
	require.LessOrEqual(t, numbers.most, 20)
}

// The best of scores is the one at which upstream's heap begins.
func TestTheFirstOfEquals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	notFirst := 0
	var s search
	for range 3000 {
		scores := make([]int64, 1+r.IntN(40))
		list := make([]fwk.NodePluginScores, len(scores))
		for i := range scores {
			scores[i] = r.Int64N(4)
			list[i] = fwk.NodePluginScores{Name: fmt.Sprint(i), TotalScore: scores[i]}
		}
		got := s.highest(scores)
		require.Equal(t, framework.NewSortedScoredNodes(list).Pop().Name, fmt.Sprint(got))
		if got != slices.Index(scores, slices.Max(scores)) {
			notFirst++
		}
	}
	require.Greater(t, notFirst, 100)
}
