package autoscaling

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
)

// look is what the last look of an autoscaler has seen, and what came of it. A sync
// that would see the same repeats the decision without looking:
//
//	autoscaler ── the same object ──────────┐
//	target ────── the same scale ───────────┤
//	pods ──────── none of them written ─────┼──▶ the same decision, which changed nothing
//	autoscalers ─ all refer as they did ────┤
//	metrics ───── the same values ──────────┘
type look struct {
	seen     *autoscalingv2.HorizontalPodAutoscaler // nil before the first look
	view     hpa.View
	answers  hpa.Answers
	decision hpa.Decision
	version  int  // of the targets
	over     bool // a pod has changed
}

// repeats reports whether a sync decides as the last look did, and if it does has booked
// it.
func (a *state) repeats(now sim.Time, t apiserver.Scalable) bool {
	l := &a.last
	return !a.c.always && l.seen == a.seen && !l.over && l.version == a.c.targets.version &&
		t.Scale != nil && l.view.Scale != nil && sameScale(t.Scale, l.view.Scale) && l.answers.Stand() &&
		a.memory.Repeats(a.c.config, &l.view, &l.decision, a.c.Wall(now))
}

func sameScale(a, b *autoscalingv1.Scale) bool {
	return a == b || a.Spec == b.Spec && a.Status == b.Status
}

// looked keeps a look of which nothing came, as the next one may be the same: not when
// the time that passes changes what the pods count for.
func (a *state) looked(now sim.Time, v hpa.View, d hpa.Decision) {
	if hpa.Starting(a.c.config, v.Pods, a.c.Wall(now)) {
		return
	}
	a.last = look{seen: a.seen, view: v, answers: v.Metrics.(hpa.Answers), decision: d,
		version: a.c.targets.version}
}
