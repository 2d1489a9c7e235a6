package report

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// daemonTotals are the daemonWaits of all replications.
type daemonTotals struct {
	daemonWaits
	runs int
}

func (t *daemonTotals) fold(w daemonWaits) {
	if w.pods == 0 {
		return
	}
	t.runs++
	t.pods = max(t.pods, w.pods)
	if t.example.pod == nil || w.longest > t.longest {
		t.longest, t.example = w.longest, w.example
	}
}

// tells reports whether findDaemonsWithoutRoom tells of such a pod.
func (t *daemonTotals) tells(p *pod) bool {
	return t.runs > 0 && p.target != "" && p.Revision == t.example.pod.Revision
}

// findDaemonsWithoutRoom tells of pods of DaemonSets that do not fit on the one
// node that each is for: another node doesn't help them.
func findDaemonsWithoutRoom(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *workloadTotals) []result.Finding {
		e := &w.evidence.daemons
		if e.runs == 0 {
			return nil
		}
		x := &e.example
		what := fmt.Sprintf("pod %s waits %s%s for node %s, which has %s of %s left and is asked for %s", x.pod.Name, words.Time(e.longest),
			f.inRuns(e.runs), x.pod.target, x.amountText(x.room), x.resource, x.amountText(x.asked))
		if x.beside != "" {
			what += fmt.Sprintf(" (%s requests %s there)", x.beside, x.amountText(x.besides))
		}
		if x.nodes > 1 {
			what += fmt.Sprintf("; %d of its %d nodes have room for such a pod", x.fits, x.nodes)
		}
		for _, ro := range w.rollouts {
			if ro.stuck != nil && !ro.stuck.Initial && ro.stuck.Revision == x.pod.Revision {
				what += fmt.Sprintf(", and the %s goes no further", words.Rollout(ro.stuck.Initial, ro.stuck.Images, ro.stuck.before))
			}
		}
		return []result.Finding{{What: what + ".", Change: x.mendDaemons()}}
	})
}

func (x *daemonWait) amountText(amount float64) string {
	switch x.resource {
	case "memory":
		return words.Bytes(amount)
	case "cpu":
		return words.Cores(amount)
	}
	return words.Digits(amount, 3)
}

// mendDaemons is what makes room, or does without it.
func (x *daemonWait) mendDaemons() string {
	changes := []string{fmt.Sprintf("request at most %s of %s", x.amountText(x.room), x.resource)}
	if x.beside != "" {
		changes = append(changes, fmt.Sprintf("let %s request %s less", x.beside, x.amountText(x.asked-x.room)),
			"give the DaemonSet a PriorityClass above that of the others, whose pods it then pushes out")
	}
	if len(changes) > 1 {
		changes[len(changes)-1] = "or " + changes[len(changes)-1]
	}
	return words.Capital(strings.Join(changes, ", ")) + "."
}
