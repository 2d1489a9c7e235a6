package finding

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// tells reports whether findDaemonsWithoutRoom tells of such a pod.
func tells(t *fold.DaemonTotals, p *fold.Pod) bool {
	return t.Runs > 0 && p.Target != "" && p.Revision == t.Example.Pod.Revision
}

// findDaemonsWithoutRoom tells of pods of DaemonSets that do not fit on the one
// node that each is for: another node doesn't help them.
func findDaemonsWithoutRoom(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		e := &w.Evidence.Daemons
		if e.Runs == 0 {
			return nil
		}
		x := &e.Example
		what := fmt.Sprintf("pod %s waits %s%s for node %s, which has %s of %s left and is asked for %s", x.Pod.Name,
			words.Time(e.Longest),
			f.inRuns(e.Runs), x.Pod.Target, amountText(x, x.Room), x.Resource, amountText(x, x.Asked))
		if x.Beside != "" {
			what += fmt.Sprintf(" (%s requests %s there)", x.Beside, amountText(x, x.Besides))
		}
		if x.Nodes > 1 {
			what += fmt.Sprintf("; %d of its %d nodes have room for such a pod", x.Fits, x.Nodes)
		}
		for _, ro := range w.Rollouts {
			if ro.Stuck != nil && !ro.Stuck.Initial && ro.Stuck.Revision == x.Pod.Revision {
				what += fmt.Sprintf(", and the %s goes no further", words.Rollout(ro.Stuck.Initial, ro.Stuck.Images,
					ro.Stuck.Before))
			}
		}
		return []result.Finding{{What: what + ".", Change: mendDaemons(x)}}
	})
}

func amountText(x *fold.DaemonWait, amount float64) string {
	switch x.Resource {
	case "memory":
		return words.Bytes(amount)
	case "cpu":
		return words.Cores(amount)
	}
	return words.Digits(amount, 3)
}

// mendDaemons is what makes room, or does without it.
func mendDaemons(x *fold.DaemonWait) string {
	changes := []string{fmt.Sprintf("request at most %s of %s", amountText(x, x.Room), x.Resource)}
	if x.Beside != "" {
		changes = append(changes, fmt.Sprintf("let %s request %s less", x.Beside, amountText(x, x.Asked-x.Room)),
			"give the DaemonSet a PriorityClass above that of the others, whose pods it then pushes out")
	}
	if len(changes) > 1 {
		changes[len(changes)-1] = "or " + changes[len(changes)-1]
	}
	return words.Capital(strings.Join(changes, ", ")) + "."
}
