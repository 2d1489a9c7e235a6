package plan

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// LossesSchemaName names the version of Losses' JSON form.
const LossesSchemaName = "rehearse.dev/plan-loss/v1alpha1"

// Losses is what a setting survives.
type Losses struct {
	Schema       string   `json:"schema"`
	Asked        []string `json:"asked"`
	At           sim.Time `json:"t"` // of each loss
	Replications int      `json:"replications"`
	Losses       []Loss   `json:"losses"`
}

// Loss is a node or a zone that fails and does not come back.
type Loss struct {
	Of    string   `json:"of"` // "node cpu-0" or "zone a"
	Nodes []string `json:"nodes"`
	// Survived says that in every replication all pods are ready again before the end,
	// and every expectation holds.
	Survived bool `json:"survived"`
	// Short are the pods that are missing at the end, at worst, and Back is how long it
	// takes until all are ready, at worst and in seconds; infinite when it does not end.
	Short int        `json:"short"`
	Back  stat.Value `json:"back"`
	// Failed counts requests that failed in all replications, Without those of the same
	// runs without the loss.
	Failed       int64                      `json:"failed"`
	Without      int64                      `json:"failedWithout"`
	Expectations []result.ExpectationResult `json:"expectations"`
}

// Survived counts the losses that are survived.
func (l *Losses) Survived() (n int) {
	for _, of := range l.Losses {
		if of.Survived {
			n++
		}
	}
	return n
}

func (l *Losses) headline() string {
	what := words.CountOf(len(l.Losses), "node")
	for _, of := range l.Losses {
		if len(of.Nodes) > 1 {
			what = fmt.Sprintf("%d nodes and zones", len(l.Losses))
		}
	}
	switch n := l.Survived(); n {
	case len(l.Losses):
		return "the loss of any of " + what
	case 0:
		return "the loss of none of " + what
	default:
		return fmt.Sprintf("the loss of %d of %s", n, what)
	}
}

// WriteLosses writes them as text, md or json.
func WriteLosses(w io.Writer, l *Losses, format string) error {
	if format == "json" {
		return writeJSON(w, l)
	}
	bullet, _ := bullets(format)
	var b strings.Builder
	fmt.Fprintf(&b, "N-1  it survives %s; each is lost alone, at %s\n\n", l.headline(), words.Clock(l.At))
	rows := [][]string{{"LOST", "NODES", "SURVIVED", "READY AGAIN AFTER", "PODS MISSING", "FAILED", "WITHOUT"}}
	for _, of := range l.Losses {
		rows = append(rows, of.row())
	}
	if format == "md" {
		for i, row := range rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			if i == 0 {
				b.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
			}
		}
		b.WriteString("\n")
	} else {
		b.WriteString(words.Columns(rows, func(c int) bool { return c > 0 }))
	}
	for _, of := range l.Losses {
		for _, e := range of.Expectations {
			if !e.Pass {
				fmt.Fprintf(&b, "%s%s: %s\n", bullet, of.Of, margin(e, l.Replications))
			}
		}
	}
	for _, asked := range l.Asked {
		fmt.Fprintf(&b, "%sasked for: %s\n", bullet, asked)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Loss) row() []string {
	return []string{l.Of, words.Count(int64(len(l.Nodes))), map[bool]string{true: "yes", false: "no"}[l.Survived],
		strings.Replace(words.Duration(float64(l.Back)), "never ends", "never", 1), words.Count(int64(l.Short)),
		words.Count(l.Failed), words.Count(l.Without)}
}

// Wholeness watches since when all pods are ready that there are to be.
type Wholeness struct {
	from    sim.Time
	run     record.Run
	desired map[string]int
	pods    map[string]*wholePod
	ready   map[string]int
	short   int // pods that are missing
	whole   sim.Time

	// Short are the pods that were missing at the end, at worst, and Back how long after
	// from all were ready for good, at worst.
	Short int
	Back  stat.Value
}

type wholePod struct {
	owner, node string
	ready       bool
	gone        bool // or going, or on a machine that failed
}

// NewWholeness returns one that counts from a time on.
func NewWholeness(from sim.Time) *Wholeness { return &Wholeness{from: from} }

// Add takes the next record.
func (w *Wholeness) Add(r record.Record) error {
	switch r := r.(type) {
	case record.Run:
		w.run = r
		w.reset()
	case record.Scaled:
		if _, counts := w.desired[r.Workload]; counts {
			w.change(r.T, r.Workload, func() { w.desired[r.Workload] = int(r.To) })
		}
	case record.PodCreated:
		if _, counts := w.desired[r.Owner]; counts {
			w.pods[r.Pod] = &wholePod{owner: r.Owner}
		}
	case record.PodScheduled:
		if p := w.pods[r.Pod]; p != nil {
			p.node = r.Node
		}
	case record.NodeChanged:
		if r.Phase == record.NodeFailed {
			w.fail(r)
		}
	case record.PodReady:
		w.pod(r.T, r.Pod, func(p *wholePod) { p.ready = r.Ready })
	case record.PodDeleting:
		w.pod(r.T, r.Pod, func(p *wholePod) { p.gone = true })
	case record.PodFinished:
		w.pod(r.T, r.Pod, func(p *wholePod) { p.ready = false })
	case record.PodGone:
		w.pod(r.T, r.Pod, func(p *wholePod) { p.gone = true })
	case record.End:
		w.end()
	}
	return nil
}

func (w *Wholeness) reset() {
	w.desired, w.pods, w.ready, w.short, w.whole = map[string]int{}, map[string]*wholePod{}, map[string]int{}, 0, 0
	for _, of := range w.run.Workloads {
		if of.Strategy.Jobs == nil {
			w.desired[of.Key] = int(of.Replicas)
			w.short += int(of.Replicas)
		}
	}
}

// fail takes the pods of a machine, whose end the API server does not know yet.
func (w *Wholeness) fail(r record.NodeChanged) {
	for _, name := range slices.Sorted(maps.Keys(w.pods)) {
		if w.pods[name].node == r.Node {
			w.pod(r.T, name, func(p *wholePod) { p.gone = true })
		}
	}
}

// pod changes a pod, if it is one of those that are to be ready.
func (w *Wholeness) pod(t sim.Time, name string, do func(*wholePod)) {
	p := w.pods[name]
	if p == nil {
		return
	}
	w.change(t, p.owner, func() {
		before := p.ready && !p.gone
		do(p)
		if now := p.ready && !p.gone; now != before {
			w.ready[p.owner] += map[bool]int{true: 1, false: -1}[now]
		}
	})
}

// change does something to a workload, and counts what is missing of it anew.
func (w *Wholeness) change(t sim.Time, owner string, do func()) {
	missing := func() int { return max(0, w.desired[owner]-w.ready[owner]) }
	before := w.short
	w.short -= missing()
	do()
	if w.short += missing(); w.short == 0 && before > 0 {
		w.whole = t
	}
}

func (w *Wholeness) end() {
	w.Short = max(w.Short, w.short)
	back := stat.Value(max(0, w.whole-w.from).Seconds())
	if w.short > 0 {
		back = stat.Value(math.Inf(1))
	}
	w.Back = max(w.Back, back)
	w.reset()
}
