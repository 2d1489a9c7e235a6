package rollout

import (
	"fmt"
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// fact is a question and its answer.
type fact struct{ question, answer string }

// headline is the verdict in a line.
func headline(a *Answer) string {
	t := a.AsGiven
	switch {
	case t.Begun == 0:
		return "does not begin"
	case t.Finished == 0:
		return "does not finish"
	case t.Finished < t.Replications:
		return fmt.Sprintf("finishes in %d of %d replications", t.Finished, t.Replications)
	case t.Lost.Failed > 0:
		return "finishes and loses " + words.Requests(t.Lost.Failed)
	}
	return "finishes and loses nothing"
}

// facts are the answers, in the order of the questions.
func facts(a *Answer) []fact {
	t := a.AsGiven
	list := []fact{{"finishes", t.finishes(a)}}
	if t.Begun == 0 {
		return list
	}
	list = append(list, fact{"lost", t.Lost.words(t.Replications)}, fact{"ready", t.readiness()}, fact{"needs", t.needs()})
	for _, why := range a.Why {
		list = append(list, fact{"why", strings.TrimSuffix(why, ".")})
	}
	list = append(list, fact{"mends it", a.mended()})
	if a.Best != nil {
		list = append(list, fact{"by", strings.Join(a.Best.Flags, " ")})
	}
	if a.SameMachines != nil {
		list = append(list, fact{"or", a.SameMachines.Setting + ": " + a.SameMachines.outcome()},
			fact{"by", strings.Join(a.SameMachines.Flags, " ")})
	}
	return list
}

func (t *Trial) finishes(a *Answer) string {
	if t.Begun == 0 {
		return "nothing changes: the pods have that already"
	}
	began := fmt.Sprintf("in %d of %d replications", t.Finished, t.Replications)
	if t.Finished > 0 {
		began += fmt.Sprintf(", after %s", words.Duration(float64(t.Took.Mean)))
		if t.Took.Max > t.Took.Min {
			began += fmt.Sprintf(" (%s to %s)", words.Duration(float64(t.Took.Min)), words.Duration(float64(t.Took.Max)))
		}
	}
	began += "; it begins at " + words.Clock(a.At)
	if t.Finished < t.Begun {
		began += ", and the run ends " + words.Time(a.Duration-a.At) + " later"
	}
	return began
}

// words says what was lost, a replication on average where that is no whole number.
func (l Lost) words(replications int) string {
	if l.Of == 0 {
		return "no requests are sent; --rps says how many"
	}
	text := fmt.Sprintf("%s of %s", words.Requests(l.Failed), words.Count(l.Of))
	if l.Failed > 0 {
		text += ", " + words.Unit(each(l.Failed, replications), "count") + " a run"
		var causes []string
		for _, c := range record.Causes {
			if n := l.FailedByCause[c]; n > 0 {
				causes = append(causes, fmt.Sprintf("%s %s", words.Count(n), c))
			}
		}
		text += ": " + words.And(causes)
	}
	for _, more := range []struct {
		n    int64
		noun string
	}{{l.TurnsFailed, "turn"}, {l.SessionsLost, "session"}} {
		if more.n > 0 {
			text += "; " + words.CountOf(int(more.n), more.noun) + map[string]string{"turn": " failed", "session": " lost"}[more.noun]
		}
	}
	if l.Late > 0 {
		text += "; " + words.Count(l.Late) + " more answered late"
	}
	if l.FailedWithout > 0 {
		text += fmt.Sprintf("; %s fail without it, too", words.Count(l.FailedWithout))
	}
	if l.Unclear > 0 {
		text += fmt.Sprintf(", and %s more that may be chance", words.Count(l.Unclear))
	}
	return text
}

func (t *Trial) readiness() string {
	text := fmt.Sprintf("at least %d of %d pods", t.ReadyMin, t.Desired)
	if t.NotReady > 0 {
		text += fmt.Sprintf("; short of %d for %s of pods' time a run", t.Desired, words.Duration(float64(t.NotReady)))
	}
	return text
}

func (t *Trial) needs() string {
	parts := []string{fmt.Sprintf("%s at peak, %d before", words.CountOf(t.Peak.Pods, "pod"), t.Before.Pods)}
	if t.Peak.GPU > 0 {
		parts = append(parts, fmt.Sprintf("%s, %d before", words.CountOf(int(t.Peak.GPU), "GPU"), t.Before.GPU))
	}
	parts = append(parts, fmt.Sprintf("requests of %s CPU and %s, %s and %s before", words.Cores(t.Peak.CPU),
		words.Bytes(float64(t.Peak.Memory)), words.Cores(t.Before.CPU), words.Bytes(float64(t.Before.Memory))))
	return strings.Join(append(parts, fmt.Sprintf("%s of %d", words.CountOf(t.Peak.Nodes, "node"), t.Machines)), "; ")
}

func (a *Answer) mended() string {
	switch {
	case a.Fine:
		return "nothing to mend"
	case len(a.Tried) == 0:
		return "no change was tried"
	case a.Best == nil:
		return fmt.Sprintf("none of %s that were tried", words.CountOf(len(a.Tried), "change"))
	}
	text := a.Best.Setting + ": " + a.Best.outcome()
	if !a.Mends {
		return "nothing that was tried mends all of it; the best is " + text
	}
	return text
}

// outcome is a trial in a few words.
func (t *Trial) outcome() string {
	text := "does not finish"
	switch {
	case t.Finished == t.Replications:
		text = "finishes after " + words.Duration(float64(t.Took.Mean))
	case t.Finished > 0:
		text = fmt.Sprintf("finishes in %d of %d replications", t.Finished, t.Replications)
	}
	return text + ", loses " + words.Requests(t.Lost.Failed)
}

// row is a trial in a table.
func (t *Trial) row() []string {
	took := "-"
	if t.Finished > 0 {
		took = words.Duration(float64(t.Took.Mean))
	}
	price := "-"
	if t.USDPerHour > 0 {
		price = fmt.Sprintf("%.2f", t.USDPerHour)
	}
	notReady := "-"
	if t.NotReady.Known() {
		notReady = words.Duration(float64(t.NotReady))
	}
	return []string{fmt.Sprintf("%d of %d", t.Finished, t.Replications), took, words.Count(t.Lost.Failed),
		fmt.Sprintf("%d of %d", t.ReadyMin, t.Desired), notReady, price, t.Setting}
}

var head = []string{"FINISHES", "AFTER", "LOST", "READY", "NOT READY", "USD/H", "SETTING"}

func (a *Answer) rows() [][]string {
	rows := [][]string{a.AsGiven.row()}
	for _, t := range a.Tried {
		rows = append(rows, t.row())
	}
	return rows
}

const width = 100

func text(a *Answer) string {
	l := words.NewLines(words.TextOptions{Width: width})
	l.Wrapped("", 0, fmt.Sprintf("ROLLOUT  %s: %s %s", a.Workload, a.Update, headline(a)), 4)
	l.Out.WriteByte('\n')
	for _, f := range facts(a) {
		start := fmt.Sprintf("  %-10s", f.question)
		l.Wrapped(start, len(start), f.answer, len(start))
	}
	if len(a.Tried) > 0 {
		l.Out.WriteString("\nTRIED  each with the update and without, under the same luck\n")
		rows := append([][]string{head}, a.rows()...)
		l.Out.WriteString(words.Columns(rows, func(c int) bool { return c < len(head)-1 }))
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"NOTES", a.Notes}, {"ASSUMED", a.Assumptions}} {
		if len(part.lines) > 0 {
			l.Out.WriteString("\n" + part.title + "\n")
		}
		for _, n := range part.lines {
			l.Wrapped("  ", 2, n, 4)
		}
	}
	return l.Out.String()
}

func markdown(a *Answer) string {
	var b strings.Builder
	escape := strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`).Replace
	fmt.Fprintf(&b, "### Rollout of %s: %s %s\n\n", escape(a.Workload), escape(a.Update), headline(a))
	for _, f := range facts(a) {
		answer := escape(f.answer)
		if f.question == "by" {
			answer = "`" + strings.ReplaceAll(f.answer, "`", "'") + "`"
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", f.question, answer)
	}
	if len(a.Tried) > 0 {
		fmt.Fprintf(&b, "\n| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
		for _, row := range a.rows() {
			fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(escape(strings.Join(row, "\n")), "\n", " | "))
		}
	}
	if len(a.Notes)+len(a.Assumptions) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&b, "- %s\n", escape(n))
	}
	for _, n := range a.Assumptions {
		fmt.Fprintf(&b, "- assumed: %s\n", escape(n))
	}
	return b.String()
}

// each is a number a replication.
func each(n int64, replications int) stat.Value {
	return stat.Value(math.Round(10*float64(n)/float64(max(1, replications))) / 10)
}
