package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// changedAfter says what became of the rule later.
func changedAfter(d result.PodDisruptionBudget, t sim.Time) string {
	switch last := len(d.Changes) - 1; {
	case d.Deleted != nil && *d.Deleted > t:
		return fmt.Sprintf(" It was deleted at %s.", words.Clock(*d.Deleted))
	case last >= 0 && d.Changes[last].T > t:
		return fmt.Sprintf(" From %s on it says %s.", words.Clock(d.Changes[last].T), d.Rule)
	}
	return ""
}

// drainOf is how the drain ended that an eviction was refused to, nil when that
// is not known.
func drainOf(a *fold.Automation, r record.EvictionRefused) *record.Drained {
	for i := range a.Drains {
		if d := &a.Drains[i]; d.Replication == r.Replication && d.Node == r.Node && d.Since <= r.T && r.T <= d.T {
			return d
		}
	}
	return nil
}

// deadEnd are the refusals of a budget that ended only with their drain, or not
// at all, of one replication in the order of the pods.
type deadEnd struct {
	pods    []record.EvictionRefused
	endless []string // nodes whose drain does not end
	gaveUp  []record.Drained
}

func deadEndOf(a *fold.Automation, e *fold.BudgetEvidence, replication int) (d deadEnd) {
	for _, pod := range slices.Sorted(maps.Keys(e.Refused[replication])) {
		r := e.Refused[replication][pod]
		switch end := drainOf(a, r); {
		case end == nil || end.Unfinished:
			d.endless = appendNew(d.endless, r.Node)
		case !slices.ContainsFunc(end.Left, func(left record.Undrained) bool { return left.Pod == pod }):
			continue // it was evicted after all: the budget changed
		case !slices.ContainsFunc(d.gaveUp, func(o record.Drained) bool { return o.Node == end.Node && o.T == end.T }):
			d.gaveUp = append(d.gaveUp, *end)
		}
		d.pods = append(d.pods, r)
	}
	return d
}

// findBudgetsThatAllowNothing tells of budgets under which no drain can end.
func findBudgetsThatAllowNothing(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.Automation.Budgets)) {
		runs, pods := 0, 0
		var example deadEnd
		for replication := range f.Run.Replications {
			d := deadEndOf(&f.Automation, f.Automation.Budgets[name], replication)
			if len(d.pods) == 0 {
				continue
			}
			runs++
			pods = max(pods, len(d.pods))
			if len(example.pods) == 0 {
				example = d
			}
		}
		if runs == 0 {
			continue
		}
		r := example.pods[0]
		what := fmt.Sprintf("the eviction of %s is refused%s%s: %d of %d pods have to be healthy, so %s.",
			words.CountOf(pods, "pod"),
			map[bool]string{true: " for ever"}[len(example.endless) > 0], f.inRuns(runs), r.Desired, r.Expected,
			example.outcome())
		what += changedAfter(f.result.DisruptionBudgets[name], r.T)
		all = append(all, result.Finding{Object: "PodDisruptionBudget " + name, What: what, Change: f.loosen(name, r.T)})
	}
	return all
}

// outcome says what became of the drains.
func (d deadEnd) outcome() string {
	var parts []string
	if len(d.endless) > 0 {
		parts = append(parts, fmt.Sprintf("a drain of node %s can't end", words.And(d.endless)))
	}
	for _, end := range d.gaveUp {
		var pods []string
		for _, r := range d.pods {
			if r.Node == end.Node && end.Since <= r.T && r.T <= end.T {
				pods = append(pods, r.Pod)
			}
		}
		parts = append(parts,
			fmt.Sprintf("kubectl drain of node %s%s gave up at %s, after its timeout of %s, with %s in its way",
				end.Node, words.Place(end.Source), words.Clock(end.T), words.Time(end.Timeout), words.Pods(pods)))
	}
	return strings.Join(parts, ", and ")
}

// findIncompleteDrains tells of those that their own timeout ended, or that go on
// at the end, where no budget that can't be met was to blame.
func findIncompleteDrains(f *facts) []result.Finding {
	type drain struct {
		node  string
		since sim.Time
	}
	runs := map[drain]int{}
	var examples []record.Drained
	for _, end := range f.Automation.Drains {
		end.Left = slices.DeleteFunc(slices.Clone(end.Left), func(left record.Undrained) bool {
			return toldOf(&f.Automation, end, left)
		})
		if len(end.Left) == 0 || (end.Unfinished && end.T-end.Since < fold.LongDrain) {
			continue
		}
		key := drain{end.Node, end.Since}
		if runs[key]++; runs[key] == 1 {
			examples = append(examples, end)
		}
	}
	var all []result.Finding
	for _, end := range examples {
		var pods []string
		for _, left := range end.Left {
			pods = append(pods, inTheWay(left))
		}
		if more := len(pods) - words.Few; more > 1 {
			pods = append(pods[:words.Few], fmt.Sprintf("%d pods more", more))
		}
		what := fmt.Sprintf("kubectl drain%s gave up at %s, after its timeout of %s", words.Place(end.Source),
			words.Clock(end.T), words.Time(end.Timeout))
		if end.Unfinished {
			what = fmt.Sprintf("kubectl drain%s, begun at %s, goes on at the end", words.Place(end.Source),
				words.Clock(end.Since))
		}
		all = append(all, result.Finding{
			Object: "Node " + end.Node,
			What:   fmt.Sprintf("%s%s: %s.", what, f.inRuns(runs[drain{end.Node, end.Since}]), strings.Join(pods, "; ")),
			Change: mendDrain(end),
		})
	}
	return all
}

// toldOf reports whether findBudgetsThatAllowNothing tells of a pod.
func toldOf(a *fold.Automation, end record.Drained, left record.Undrained) bool {
	for _, budget := range left.Budgets {
		if e := a.Budgets[budget]; e != nil {
			if r, refused := e.Refused[end.Replication][left.Pod]; refused && r.Node == end.Node && end.Since <= r.T &&
				r.T <= end.T {
				return true
			}
		}
	}
	return false
}

// inTheWay says why a pod was still there.
func inTheWay(left record.Undrained) string {
	switch {
	case len(left.Budgets) > 0:
		return fmt.Sprintf("PodDisruptionBudget %s did not let pod %s go (%s)", strings.Join(left.Budgets, ", "), left.Pod,
			left.Message)
	case silent(left):
		return fmt.Sprintf("pod %s had terminated for %s, since its machine does not answer", left.Pod,
			words.Time(left.Terminating))
	case left.Terminating > 0:
		return fmt.Sprintf("pod %s had terminated for %s, of a grace period of %s", left.Pod, words.Time(left.Terminating),
			words.Time(left.Grace))
	}
	return "pod " + left.Pod + " was not evicted yet"
}

// silent reports whether a pod terminates for longer than any kubelet lets it.
func silent(left record.Undrained) bool { return left.Terminating > left.Grace+sim.Time(time.Minute) }

// mendDrain is what lets the drain end in time.
func mendDrain(end record.Drained) string {
	var changes []string
	var grace sim.Time
	budgets, unready, down := false, false, false
	for _, left := range end.Left {
		grace = max(grace, left.Grace)
		budgets, unready, down = budgets || len(left.Budgets) > 0, unready || left.Unready, down || silent(left)
	}
	switch {
	case down:
		changes = append(changes,
			"put the taint node.kubernetes.io/out-of-service=nodeshutdown:NoExecute on the node of a machine that is down, or delete the node")
	case end.Unfinished:
	case grace >= end.Timeout:
		changes = append(changes, fmt.Sprintf("give the drain a timeout longer than the grace period of %s",
			words.Time(grace)))
	default:
		changes = append(changes, "give the drain a longer timeout")
	}
	if budgets {
		changes = append(changes,
			"see to it that as many pods as the budget wants are Ready without those of the node: with a replica more, and room for it")
	}
	if unready {
		changes = append(changes,
			"set unhealthyPodEvictionPolicy: AlwaysAllow in the budget, so that pods that are not Ready may go")
	}
	if len(changes) == 0 {
		changes = append(changes, "lower terminationGracePeriodSeconds, or wait longer")
	}
	return words.Capital(strings.Join(changes, ", or ")) + "."
}

// loosen says how a budget that allows no eviction at t comes to allow one, by the
// field that it sets then. A maxUnavailable is rounded up, so only 0 and 0%
// allow none, and more replicas don't change that.
func (f *facts) loosen(name string, t sim.Time) string {
	rule := f.result.DisruptionBudgets[name].RuleAt(t)
	switch {
	case rule.Field == "maxUnavailable":
		return "Set maxUnavailable to 1."
	case rule.Field == "minAvailable" && strings.HasSuffix(rule.Bound, "%"):
		return "Set maxUnavailable to 1 in place of minAvailable, whose percentage is rounded up to whole pods."
	case rule.Field == "minAvailable":
		return "Set minAvailable below the number of replicas, or run more replicas than minAvailable."
	}
	return "Set minAvailable below the number of replicas or maxUnavailable to at least 1."
}
