package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// noise varies what calls and watches take, as in a real control plane: of its
// latencies nine in ten lie between half and twice the median. nil varies
// nothing.
type noise struct {
	mu sync.Mutex
	*rand.Rand
}

// newNoise is that of Kubernetes' n-th play of a scenario; the first one has none.
func newNoise(n int) *noise {
	if n == 0 {
		return nil
	}
	return &noise{Rand: rand.New(rand.NewPCG(uint64(n), 11))}
}

func (n *noise) of(d time.Duration) time.Duration {
	if n == nil {
		return d
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Duration(float64(d) * math.Exp2(2*n.Float64()-1))
}

// plays is how often Kubernetes plays a scenario in all when its first play is
// not ours.
const plays = 6

// verdict is what comes of the comparison of one scenario.
type verdict string

const (
	// agrees: ours is what Kubernetes does.
	agrees verdict = "agrees"
	// sometimes: ours is what Kubernetes does at another time, when calls and
	// watches take a bit more or less.
	sometimes verdict = "sometimes"
	// undecided: what is ours Kubernetes did not do, but wherever ours differs it
	// does not do the same twice.
	undecided verdict = "undecided"
	// different: ours differs where Kubernetes always does the same.
	different verdict = "different"
)

// outcome is the comparison of one scenario, with Kubernetes' first play.
type outcome struct {
	*truth.Comparison
	verdict verdict
}

// compare plays a scenario in both worlds. Where they differ Kubernetes plays it
// again, with latencies that vary: what it then does otherwise is chance.
func compare(t *testing.T, spec *cluster.Spec) outcome {
	records, ours := simulate(t, spec)
	s := scriptOf(records)
	first := play(t, spec, s, 0)
	o := outcome{truth.Compare(first, ours, truth.Check{}), agrees}
	if o.Equal() {
		o.nearest(func() *truth.Timeline { return play(t, spec, s, 0) }, ours)
		return o
	}
	always, varies := faulty(o.Comparison), map[string]bool{}
	for n := 1; n < plays; n++ {
		again := play(t, spec, s, n)
		c := truth.Compare(again, ours, truth.Check{})
		if c.Equal() {
			o.verdict = sometimes
			return o
		}
		faults := faulty(c)
		for lane := range always {
			if !faults[lane] {
				delete(always, lane)
			}
		}
		for lane := range faulty(truth.Compare(again, first, truth.Check{})) {
			varies[lane] = true
		}
	}
	o.verdict = undecided
	for lane := range always {
		if !varies[lane] {
			o.verdict = different
		}
	}
	return o
}

// nearest takes another play of Kubernetes that agrees, when it is nearer to ours:
// whatever hangs on the order of a map, two plays of its own differ in.
func (o *outcome) nearest(play func() *truth.Timeline, ours *truth.Timeline) {
	for range 2 {
		if o.Largest == nil || off(o.Largest) < 100*time.Millisecond {
			return
		}
		if c := truth.Compare(play(), ours, truth.Check{}); c.Equal() && off(c.Largest) < off(o.Largest) {
			o.Comparison = c
		}
	}
}

// off is the time difference of a pair.
func off(r *truth.Row) time.Duration {
	d := time.Duration(r.Simulated.T - r.Recorded.T)
	return max(d, -d)
}

// faulty are the lanes in which two timelines differ: what is of one kind, of
// one object, of one revision.
func faulty(c *truth.Comparison) map[string]bool {
	lanes := map[string]bool{}
	for _, r := range c.Rows {
		if r.Fault == "" {
			continue
		}
		e := r.Recorded
		if e == nil {
			e = r.Simulated
		}
		lanes[fmt.Sprint(e.Kind, " ", e.Object, " r", e.Revision)] = true
	}
	for _, f := range c.Findings {
		lane, _, _ := strings.Cut(f, ":")
		lanes["placement "+lane] = true
	}
	return lanes
}
