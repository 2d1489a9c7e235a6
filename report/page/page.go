package page

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// page is a result in words, before it takes the form of a terminal or of
// Markdown.
type page struct {
	mark     mark
	headline string
	checks   []check
	sections []section
}

// mark is how something stands.
type mark string

const (
	pass       mark = "PASS"
	fail       mark = "FAIL"
	partial    mark = "PARTIAL"    // holds for the replications that are complete, not all are
	incomplete mark = "INCOMPLETE" // no replication is complete
	done       mark = "DONE"
)

// check is an expectation in one line, and what speaks against it.
type check struct {
	mark     mark
	bound    string // "oom.kills: 0"
	measured string // empty when nothing was
	more     string
}

func (c check) line() string {
	if c.measured == "" {
		return c.bound
	}
	return c.bound + ", measured " + c.measured
}

// section answers one question.
type section struct {
	title  string
	answer string
	bad    bool
	parts  []part
}

// part is a table or a list; exactly one of them is set.
type part struct {
	title string
	table table
	list  []string
	// numbered is for a list whose items are referred to.
	numbered bool
}

// table has a head and rows of as many cells; the columns from the first
// number on are aligned to the right.
type table struct {
	head  []string
	rows  [][]string
	names bool // the head has names in it, which stay as they are
}

// newPage lays out a result. Verbose adds the Events of replication 0, every
// rollout and the workloads at which there is nothing to see.
func newPage(r *result.Result, verbose bool) page {
	p := page{mark: markOf(r.Verdict), headline: headline(r)}
	for _, e := range r.Verdict.Expectations {
		p.checks = append(p.checks, checkOf(e, r))
	}
	p.sections = append(p.sections, capacitySection(r, verbose), oomSection(r, verbose), downtimeSection(r, verbose))
	if jobs, any := jobsSection(r); any {
		p.sections = append(p.sections, jobs)
	}
	if len(r.Assumptions) > 0 {
		p.sections = append(p.sections, assumedSection(r))
	}
	if s := questionSection(r); len(s.parts[0].list) > 0 {
		p.sections = append(p.sections, s)
	}
	if s := findingSection(r.Findings); len(s.parts[0].list) > 0 {
		p.sections = append(p.sections, s)
	}
	if len(r.Silenced) > 0 {
		p.sections = append(p.sections, silencedSection(r.Silenced, verbose))
	}
	if verbose {
		p.sections = append(p.sections, eventSection(r.Events))
	}
	if len(r.Ignored) > 0 {
		p.sections = append(p.sections, ignoredSection(r, verbose))
	}
	if !verbose {
		for i := range p.sections {
			p.sections[i].parts = shortened(p.sections[i].parts)
		}
	}
	return p
}

// shown is how many rows of a table or items of a list a page holds; a person
// reads no more, and a program reads JSON.
const shown = 15

// shortened cuts long parts and says how much is left out.
func shortened(parts []part) []part {
	var list []part
	for _, p := range parts {
		more := max(len(p.table.rows), len(p.list)) - shown
		if more <= 1 { // the line that says so would take its place
			list = append(list, p)
			continue
		}
		p.table.rows = p.table.rows[:min(len(p.table.rows), shown)]
		p.list = p.list[:min(len(p.list), shown)]
		list = append(list, p,
			part{list: []string{fmt.Sprintf("and %s more; -o json has them all", words.Count(int64(more)))}})
	}
	return list
}

func markOf(v result.Verdict) mark {
	for _, e := range v.Expectations {
		if !e.Pass {
			return fail
		}
	}
	if v.Complete && len(v.Expectations) == 0 {
		return done
	}
	return held(v)
}

// held is the mark of what holds so far. Only a run that was played to its end
// passes.
func held(v result.Verdict) mark {
	switch {
	case v.Complete:
		return pass
	case v.Partial:
		return partial
	}
	return incomplete
}

func headline(r *result.Result) string {
	hold := 0
	for _, e := range r.Verdict.Expectations {
		if e.Pass {
			hold++
		}
	}
	s := "no expectations to check"
	if n := len(r.Verdict.Expectations); n > 0 {
		s = fmt.Sprintf("%d of %s", hold, words.CountOf(n, "expectation"))
		s += map[bool]string{true: " holds", false: " hold"}[n == 1]
	}
	runs := words.CountOf(r.Replications, "replication") + " of " + words.Time(r.Duration)
	if !r.Verdict.Complete {
		runs = fmt.Sprintf("%s: %d of %s complete, %s", stopped(r.Verdict), r.Completed, runs, r.Verdict.Interrupted)
	}
	return fmt.Sprintf("%s: %s (%s, seed %d%s)", r.Scenario, s, runs, r.Seed, givenText(r))
}

// stopped is the word for a run that is not complete.
func stopped(v result.Verdict) string {
	if v.Partial {
		return "partial"
	}
	return "interrupted"
}

func checkOf(e result.ExpectationResult, r *result.Result) check {
	subject := e.Metric
	if e.Of != "" {
		subject += " of " + e.Of
	}
	op := map[string]string{"atLeast": "at least ", "atMost": "at most ", "equals": ""}[e.Bound.Op]
	c := check{mark: held(r.Verdict), bound: subject + ": " + op + words.Unit(e.Bound.Value, e.Bound.Unit)}
	if e.Measured.Worst.Known() {
		c.measured = measuredText(e, r.Replications)
	}
	if e.Pass {
		return c
	}
	var more []string
	if e.Reason != "" {
		more = append(more, e.Reason)
	} else if r.Replications > 1 {
		more = append(more, fmt.Sprintf("%d of %d replications miss it", e.ReplicationsFailed, r.Replications))
	}
	if e.Source != "" {
		more = append(more, e.Source)
	}
	c.mark, c.more = fail, strings.Join(more, "; ")
	return c
}

// measuredText is the value that decides, then the other one.
func measuredText(e result.ExpectationResult, replications int) string {
	mean := words.Unit(e.Measured.Mean, e.Bound.Unit)
	if replications == 1 {
		return mean
	}
	mean += intervalText(e.Measured.Interval, e.Bound.Unit)
	worst := fmt.Sprintf("%s in replication %d", words.Unit(e.Measured.Worst, e.Bound.Unit), e.Measured.WorstReplication)
	switch {
	case e.Measured.Worst == e.Measured.Mean:
		return words.Unit(e.Measured.Worst, e.Bound.Unit) + " in all replications"
	case e.Across == "mean":
		return fmt.Sprintf("%s on average (worst %s)", mean, worst)
	}
	return fmt.Sprintf("%s (mean %s)", worst, mean)
}

// intervalText is " [low, high]", or nothing for an interval without bounds
// or width.
func intervalText(i stat.Interval, unit string) string {
	if !i.Low.Known() || !i.High.Known() || i.Low == i.High {
		return ""
	}
	return fmt.Sprintf(" [%s, %s]", words.Unit(i.Low, unit), words.Unit(i.High, unit))
}

func findingSection(findings []result.Finding) section {
	s := section{title: "WHAT TO CHANGE", parts: []part{{numbered: true}}}
	for _, f := range findings {
		if len(f.DependsOn) > 0 {
			continue // a question
		}
		s.parts[0].list = append(s.parts[0].list, fmt.Sprintf("%s: %s %s", f.Object, f.What, f.Change))
	}
	return s
}

func eventSection(events []result.Event) section {
	t := table{head: []string{"AT", "TYPE", "REASON", "OBJECT", "MESSAGE"}}
	for _, e := range events {
		t.rows = append(t.rows, []string{words.Clock(e.T), e.Type, e.Reason, e.Object, e.Message})
	}
	return section{title: "EVENTS", answer: "of replication 0", parts: []part{{table: t}}}
}
