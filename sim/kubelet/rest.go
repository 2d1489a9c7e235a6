package kubelet

import "github.com/kube-rehearse/rehearse/sim"

// The probes of a steady container find, tick after tick, what they have found before.
// So a probe rests while that is so: its ticks are left out until something changes that
// a tick looks at. They go on at the instants at which they would have come.
//
//	ticks    x    x    x   ( ·    ·    ·    · )  x    x
//	                   ▲                       ▲ the container ends
//	                   succeeds as before

// rest lets a probe rest after a tick, if the next one can't change anything.
func (p *probe) rest(now sim.Time) {
	if p.ended || p.asks || p.again || p.c.pod.host.ticking || !p.ticker.Armed() {
		return
	}
	until := p.same(now)
	if until <= p.ticker.Deadline() {
		return
	}
	p.rests, p.next = true, p.ticker.Deadline()
	p.ticker.Set(p.tickFrom(until))
}

// same is until when ticks change nothing if nobody calls rouse; a time that has passed
// when the next one may.
func (p *probe) same(now sim.Time) sim.Time {
	c := p.c
	s := c.stored()
	switch {
	case s == nil || p.life != s.Life || c.pod.status.terminal():
		return now
	case p.onHold:
		return sim.Never
	case !s.Running:
		return now
	case s.Started == (p.kind == "startup"):
		return sim.Never
	case c.plan.Behaviour.CPU.Probe > 0, !c.healthy(now) || !p.reaches(), p.result != success, p.last != success,
		p.run < p.spec.SuccessThreshold:
		return now
	}
	if after := c.plan.Behaviour.UnhealthyAfter; after > 0 {
		return c.started.Add(after)
	}
	return sim.Never
}

// tickFrom is the first tick at an instant or after it.
func (p *probe) tickFrom(at sim.Time) sim.Time {
	if at == sim.Never || at <= p.next {
		return max(at, p.next)
	}
	period := sim.Time(p.period)
	return p.next + (at-p.next+period-1)/period*period
}

// rouse ends the rest of the pod's probes, because what they look at changes. Those of
// one instant come in the order in which they always have.
func (p *Pod) rouse(now sim.Time) {
	resting := false
	for _, o := range p.probes {
		resting = resting || o.rests
	}
	if !resting {
		return
	}
	for _, o := range p.probes {
		switch {
		case o.rests:
			o.rests = false
			from := now
			if o.turn <= p.ticking {
				from++ // its tick of this instant has been
			}
			o.ticker.Set(o.tickFrom(from))
		case o.ticker.Armed():
			o.ticker.Set(o.ticker.Deadline())
		}
	}
}
