package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// deadline is the pod's own activeDeadlineSeconds: from the whole second at which its kubelet
// first told of it, the pod may be active for so long. The kubelet's loop looks each second,
// and a sync then finds that the pod has failed (pkg/kubelet/active_deadline.go).
type deadline struct {
	at   sim.Time // Never without one
	loop sim.Timer
}

func (d *deadline) init(p *Pod) {
	d.at = sim.Never
	d.loop.Init(p.host.loop, sim.PhaseMachine, p.update)
}

// begin counts from the first status on.
func (d *deadline) begin(now sim.Time, p *Pod) {
	if seconds := p.spec.Spec.ActiveDeadlineSeconds; seconds != nil && d.at == sim.Never && !p.host.fake {
		d.at = wholeSecond(now).Add(time.Duration(*seconds) * time.Second)
		d.loop.Set(p.host.nextTick(d.at - 1))
	}
}

// passed is pastActiveDeadline.
func (d *deadline) passed(now sim.Time) bool { return now >= d.at }
