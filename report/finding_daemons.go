package report

import (
	"fmt"
	"strings"
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
func findDaemonsWithoutRoom(f *facts) []Finding {
	return f.eachWorkload(func(_ string, w *workloadTotals) []Finding {
		e := &w.evidence.daemons
		if e.runs == 0 {
			return nil
		}
		x := &e.example
		what := fmt.Sprintf("pod %s waits %s%s for node %s, which has %s of %s left and is asked for %s", x.pod.Name, timeText(e.longest),
			f.inRuns(e.runs), x.pod.target, x.text(x.room), x.resource, x.text(x.asked))
		if x.beside != "" {
			what += fmt.Sprintf(" (%s requests %s there)", x.beside, x.text(x.besides))
		}
		if x.nodes > 1 {
			what += fmt.Sprintf("; %d of its %d nodes have room for such a pod", x.fits, x.nodes)
		}
		for _, ro := range w.rollouts {
			if ro.stuck != nil && !ro.stuck.Initial && ro.stuck.Revision == x.pod.Revision {
				what += fmt.Sprintf(", and the %s goes no further", rolloutName(ro.stuck.Initial, ro.stuck.Images, ro.stuck.before))
			}
		}
		return []Finding{{What: what + ".", Change: x.mend()}}
	})
}

func (x *daemonWait) text(amount float64) string {
	switch x.resource {
	case "memory":
		return bytesText(amount)
	case "cpu":
		return coresText(amount)
	}
	return digits(amount, 3)
}

// mend is what makes room, or does without it.
func (x *daemonWait) mend() string {
	changes := []string{fmt.Sprintf("request at most %s of %s", x.text(x.room), x.resource)}
	if x.beside != "" {
		changes = append(changes, fmt.Sprintf("let %s request %s less", x.beside, x.text(x.asked-x.room)),
			"give the DaemonSet a PriorityClass above that of the others, whose pods it then pushes out")
	}
	if len(changes) > 1 {
		changes[len(changes)-1] = "or " + changes[len(changes)-1]
	}
	return capitalized(strings.Join(changes, ", ")) + "."
}
