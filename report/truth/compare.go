package truth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

// Row pairs an entry of the recording with one of the simulation; one of them
// is nil when it has no counterpart. Fault is why they differ, "" when they
// don't.
type Row struct {
	Recorded, Simulated *Entry
	Fault               string
}

// Comparison is the outcome of Compare.
type Comparison struct {
	// Rows are in order of time.
	Rows []Row
	// Findings are differences that no single entry shows.
	Findings []string
	// Unseen are Services whose endpoints were recorded and not simulated, as nobody
	// said how their pods work on requests.
	Unseen []string
	// Largest is the row with the largest time difference among the pairs, nil
	// without any pair.
	Largest *Row
}

// Equal reports whether the simulation did what was recorded.
func (c *Comparison) Equal() bool { return c.Differences() == 0 }

// Differences counts rows at fault and findings.
func (c *Comparison) Differences() int {
	n := len(c.Findings)
	for _, r := range c.Rows {
		if r.Fault != "" {
			n++
		}
	}
	return n
}

// lane is what is compared in itself: entries of one kind of one object, of
// pods also of one revision.
type lane struct {
	kind     Kind
	object   string
	revision int
}

func (e Entry) lane() lane {
	if e.Kind.ofPods() {
		return lane{e.Kind, e.Object, e.Revision}
	}
	return lane{kind: e.Kind, object: e.Object}
}

// item is an entry of a lane; of n pods there are n items.
type item struct {
	entry *Entry
	at    sim.Time
	slack sim.Time // half the span that the entry covers
	born  sim.Time // when the pod was created
	aged  bool     // born is known
}

// staleCache is by how much EndpointSlices may differ in time besides: their controller
// backs off a second when it meets its own stale cache, by chance
// (pkg/controller/endpointslice/endpointslice_controller.go).
const staleCache = sim.Time(1e9)

// Compare pairs a recording with a simulation. Times may differ by 0.5 s, and by what the
// check allows more; so what is further apart than that has to come in the same order.
// Nothing is asked of kinds that were not watched.
func Compare(recorded, simulated *Timeline, check Check) *Comparison {
	c := &Comparison{}
	tolerance := tolerances(recorded, simulated, check)
	theirs, order := lanes(recorded)
	ours, more := lanes(simulated)
	for _, l := range more {
		if _, known := theirs[l]; !known {
			order = append(order, l)
		}
	}
	for _, l := range order {
		switch {
		case l.kind == Step || slices.Contains(check.Ignore, l.kind) || !recorded.knows(l.kind):
			continue
		case l.kind == Endpoints:
			c.endpoints(l, theirs[l], ours[l], tolerance)
		case l.kind.ofPods():
			if check.Ages == "any" {
				forget(theirs[l])
			}
			c.pair(theirs[l], ours[l], tolerance)
		case check.Sizes == "envelope" && l.kind.ofSizes():
			c.envelope(l, theirs[l], ours[l], tolerance)
		default:
			c.align(theirs[l], ours[l], tolerance)
		}
	}
	c.placement(recorded, simulated, check.Placement)
	slices.SortStableFunc(c.Rows, func(a, b Row) int { return cmp.Compare(a.at(), b.at()) })
	c.largest()
	return c
}

func (r Row) at() sim.Time {
	if r.Recorded != nil {
		return r.Recorded.T
	}
	return r.Simulated.T
}

// difference is how much later the simulation was; 0 without a pair.
func (r Row) difference() sim.Time {
	if r.Recorded == nil || r.Simulated == nil {
		return 0
	}
	return r.Simulated.T - r.Recorded.T
}

func (c *Comparison) largest() {
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Recorded == nil || r.Simulated == nil || r.Recorded.Over > 0 {
			continue
		}
		if c.Largest == nil || abs(r.difference()) > abs(c.Largest.difference()) {
			c.Largest = r
		}
	}
}

func abs(t sim.Time) sim.Time { return max(t, -t) }

// tolerances is how far off the simulation may be at a time of the recording.
func tolerances(recorded, simulated *Timeline, check Check) func(sim.Time) sim.Time {
	steps := []sim.Time{0}
	for _, t := range []*Timeline{recorded, simulated} {
		for _, e := range t.Entries {
			if e.Kind == Step {
				steps = append(steps, e.T)
			}
		}
	}
	slices.Sort(steps)
	const half = sim.Time(500e6)
	return func(at sim.Time) sim.Time {
		i, exact := slices.BinarySearch(steps, at)
		if !exact && i > 0 {
			i--
		}
		return half + sim.Time(check.Slack) + sim.Time(check.Relative*float64(max(at-steps[i], 0)))
	}
}

// lanes sorts a timeline's entries into lanes, and tells these in order of
// their first entry.
func lanes(t *Timeline) (map[lane][]item, []lane) {
	by, order := map[lane][]item{}, []lane(nil)
	born := map[string]sim.Time{}
	for i := range t.Entries {
		e := &t.Entries[i]
		l := e.lane()
		if _, known := by[l]; !known {
			order = append(order, l)
		}
		it := item{entry: e, at: e.T + e.Over/2, slack: e.Over / 2}
		if e.Kind.ofPods() && e.Pod != "" {
			if e.Kind == Created {
				born[e.Object+" "+e.Pod] = e.T
			}
			it.born, it.aged = born[e.Object+" "+e.Pod]
		}
		for range max(e.N, 1) {
			by[l] = append(by[l], it)
		}
	}
	return by, order
}

// forget takes the ages away.
func forget(items []item) {
	for i := range items {
		items[i].aged = false
	}
}

// placement compares on which nodes the pods of each revision were bound.
func (c *Comparison) placement(recorded, simulated *Timeline, how string) {
	if how == "none" {
		return
	}
	theirs, order := counts(recorded)
	ours, _ := counts(simulated)
	for _, l := range order {
		a, b := theirs[l], ours[l]
		if a.describe(how) != b.describe(how) {
			c.Findings = append(c.Findings, fmt.Sprintf("%s r%d: bound to %s in the recording, to %s in the simulation",
				l.object, l.revision, a.describe(how), b.describe(how)))
		}
	}
}

// perNode counts pods by node.
type perNode map[string]int

func counts(t *Timeline) (map[lane]perNode, []lane) {
	by, order := map[lane]perNode{}, []lane(nil)
	for _, e := range t.Entries {
		if e.Kind != Bound {
			continue
		}
		if by[e.lane()] == nil {
			by[e.lane()] = perNode{}
			order = append(order, e.lane())
		}
		by[e.lane()][e.Node] += max(e.N, 1)
	}
	return by, order
}

func (n perNode) describe(how string) string {
	var list []string
	for node, count := range n {
		if how == "shape" {
			list = append(list, fmt.Sprintf("%6d", count))
			continue
		}
		list = append(list, fmt.Sprintf("%s:%d", node, count))
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}
