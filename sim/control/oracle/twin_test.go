package oracle

import (
	"bytes"
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// standard is how many scenarios are compared without flags.
const standard = 300

var (
	cases = flag.Int("cases", standard, "how many random scenarios to compare")
	first = flag.Uint64("seed", 1, "the first of them")
	all   = flag.Bool("all", false, "print all rows of a case that differs")

	keepFailures = flag.Bool("keep", false, "shrink a case that differs and keep it in testdata/oracle")
)

// outcome is what became of the comparison of one scenario.
type outcome struct {
	*truth.Comparison
	// chance: what happens hangs on milliseconds.
	chance bool
}

// compare plays a scenario in both worlds. Where they differ Kubernetes plays it
// again: what it does otherwise from one time to the next is chance, too.
func compare(t *testing.T, spec *cluster.Spec) outcome {
	records, ours := simulate(t, spec)
	s := scriptOf(records)
	o := outcome{truth.Compare(play(t, spec, s), ours, truth.Check{}), byChance(ours) || batched(records) || onTheTick(spec)}
	for range 3 {
		if o.Equal() || o.chance {
			break
		}
		o.chance = truth.Compare(play(t, spec, s), ours, truth.Check{}).Equal()
	}
	return o
}

// TestRandomClusters plays random scenarios in the simulated cluster and in
// Kubernetes itself: the same pods created, bound to the same nodes, deleted and
// gone, the same sizes and the same decisions of autoscalers in the same order,
// at the same times but for the latencies. Where a scenario hangs on
// milliseconds few may differ.
func TestRandomClusters(t *testing.T) {
	var mu sync.Mutex
	var entries, chance, differ int
	largest := largestOf{}
	t.Run("seed", func(t *testing.T) {
		for seed := *first; seed < *first+uint64(*cases); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				spec := scenario(seed)
				o := compare(t, spec)
				mu.Lock()
				defer mu.Unlock()
				entries += len(o.Rows)
				switch {
				case o.chance:
					chance++
					if !o.Equal() {
						differ++
					}
				case o.Equal():
					largest.add(o)
				default:
					var text bytes.Buffer
					require.NoError(t, o.WriteText(&text, *all))
					t.Errorf("%s\n%s", describe(spec), text.String())
					if *keepFailures {
						keepSmallest(t, spec)
					}
				}
			})
		}
	})
	t.Logf("%d scenarios, %d entries; %d hang on milliseconds, %d of these differ", *cases, entries, chance, differ)
	require.LessOrEqual(t, differ, *cases/8+1)
	require.LessOrEqual(t, chance, *cases*7/10)
	if *cases == standard && *first == 1 && !t.Failed() {
		checkFidelity(t, standard, largest)
	}
}

// apart is how far from each other events have to be for the control plane to
// have settled in between.
const apart = sim.Time(150e6)

// byChance reports whether what came of a scenario hangs on milliseconds, so
// that two runs of the real thing would differ as well: pods of a workload that
// turn Ready so close to each other that it is chance how many of them a
// controller sees at once, or so close to a step; pods that are made so close to
// each other, or to the end of another one, that it is chance who gets the room.
func byChance(t *truth.Timeline) bool {
	left := map[string]sim.Time{}   // the last that was gone, by workload
	ready := map[string]sim.Time{}  // the last, by workload
	scaled := map[string]sim.Time{} // by workload and revision
	unbound := map[string]bool{}
	step, gone, created := -apart, -apart, truth.Entry{T: -apart}
	for _, e := range t.Entries {
		switch e.Kind {
		case truth.Step, truth.Replicas:
			for _, at := range ready {
				if e.T-at < apart {
					return true
				}
			}
			step = e.T
		case truth.Ready:
			if at, there := ready[e.Object]; (there && e.T-at < apart) || e.T-step < apart {
				return true
			}
			// A sync that does not see its own last write is repeated at once, and the
			// look that waits in the queue is lost to it.
			if at, there := left[e.Object]; there && e.T-at < apart {
				return true
			}
			ready[e.Object] = e.T
		case truth.Scaled:
			// Of two writes of one sync the next sync may see one.
			k := fmt.Sprint(e.Object, e.Revision)
			if at, there := scaled[k]; there && e.T == at {
				return true
			}
			scaled[k] = e.T
		case truth.Created:
			if e.T-gone < apart || (e.T-created.T < apart && e.Object != created.Object) {
				return true
			}
			unbound[e.Pod], created = true, e
		case truth.Bound:
			delete(unbound, e.Pod)
		case truth.Gone:
			delete(unbound, e.Pod)
			if (e.T-gone < apart && len(unbound) > 0) || e.T-created.T < apart {
				return true
			}
			if at, there := ready[e.Object]; there && e.T-at < apart {
				return true
			}
			gone, left[e.Object] = e.T, e.T
		}
	}
	return false
}

// batched reports whether pods of a Job end whole seconds apart, as those of one
// node do: its controller waits for a second after the first, and it is chance
// whether the second one is in time. So it is which of the pods of a drain comes
// first when a budget lets one go.
func batched(records []record.Record) bool {
	owner, phases := map[string]string{}, map[string][]sim.Time{}
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			owner[r.Pod] = r.Owner
		case record.EvictionRefused:
			return true
		case record.PodFinished:
			const second = sim.Time(1e9)
			for _, other := range phases[owner[r.Pod]] {
				if d := (r.T - other + second/2) % second; d > second/2-apart && d < second/2+apart {
					return true
				}
			}
			phases[owner[r.Pod]] = append(phases[owner[r.Pod]], r.T)
		}
	}
	return false
}

// onTheTick reports whether the kubelet of a machine that fails renews its lease
// just when the monitor of nodes looks: whether it still sees that is chance.
func onTheTick(spec *cluster.Spec) bool {
	streams := sim.NewStreams(spec.Seed, 0)
	for _, s := range spec.Timeline {
		if f, is := s.Action.(cluster.NodeFail); is {
			const period = sim.Time(5e9)
			d := (leasePhase(streams, f.Node) - monitorPhase(streams) + 2*period + period/2) % period
			if d > period/2-apart && d < period/2+apart {
				return true
			}
		}
	}
	return false
}
