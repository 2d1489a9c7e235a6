package explain

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// rollouts tells of those of a workload that are not complete: what they wait
// for, and what the controller says.
func (e *explanation) rollouts(key string) {
	var before []string
	list := e.result.Workloads[key].Rollouts
	for i, ro := range list {
		if ro.Complete == nil {
			superseded := i+1 < len(list)
			text := rolloutText(ro, words.Rollout(ro.Initial, ro.Images, before), superseded)
			if ro.Replication > 0 {
				text += fmt.Sprintf(" (replication %d)", ro.Replication)
			}
			e.line("%s: %s", words.Clock(ro.Started), text)
			if !superseded {
				e.waitsFor(key, ro)
			}
		}
		before = ro.Images
	}
}

func rolloutText(ro result.Rollout, name string, superseded bool) string {
	text := name + " does not complete"
	if superseded {
		text = name + " was not complete when the next began"
	}
	switch {
	case ro.FirstCreated == nil:
		text += ": no pod of it was created"
	case ro.FirstReady == nil:
		text += fmt.Sprintf(": its first pod was created at %s, none is Ready", words.Clock(*ro.FirstCreated))
	default:
		text += fmt.Sprintf(": its first pod was Ready at %s", words.Clock(*ro.FirstReady))
	}
	if ro.Paused != nil {
		text += fmt.Sprintf("; paused at %s", words.Clock(*ro.Paused))
	}
	if ro.Stalled != nil {
		text += fmt.Sprintf("; ProgressDeadlineExceeded at %s", words.Clock(*ro.Stalled))
	}
	return text
}

// waitsFor says what its strategy makes of pods that don't get Ready.
func (e *explanation) waitsFor(key string, ro result.Rollout) {
	ready, old, fresh := 0, 0, 0
	for _, p := range e.result.Pods {
		switch {
		case p.Owner != key || p.Deleting != nil || p.Gone != nil:
		case p.Revision != ro.Revision:
			old++
		default:
			fresh++
			if p.Ready != nil {
				ready++
			}
		}
	}
	if fresh+old > 0 {
		e.line("at the end %s of the new revision, %d of them Ready once; %s of old ones", words.CountOf(fresh, "pod"), ready,
			words.CountOf(old, "pod"))
	}
	strategy := e.result.Workloads[key].Strategy
	if surge, _ := strategy.Limits(); surge != nil && old > 0 {
		e.line("%s: an old pod goes only when enough others are available", strategy)
	}
}
