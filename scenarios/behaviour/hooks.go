package behaviour

import (
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
)

func (r Reader) hooks(at string, h *wire.Hooks) (k hooks.Hooks) {
	if h == nil {
		return k
	}
	if h.PreStop != nil {
		k.PreStop = hook(*h.PreStop)
		if k.PreStop.Until == hooks.Listens {
			r.Fault(at+".preStop", "must be a time or %s, got %s", wire.UntilIdle, wire.UntilListens)
		}
	}
	if h.PostStart != nil {
		k.PostStart = hook(*h.PostStart)
	}
	return k
}

func hook(h wire.Hook) hooks.Hook {
	k := hooks.Hook{Takes: h.Takes.Dist}
	switch h.Takes.Until {
	case wire.UntilIdle:
		k.Until = hooks.Idle
	case wire.UntilListens:
		k.Until = hooks.Listens
	}
	if h.FailureRate != nil {
		k.FailureRate = float64(*h.FailureRate)
	}
	return k
}
