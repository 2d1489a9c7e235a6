package behaviour

import (
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

func (r Reader) memory(at string, m *wire.Memory) kubelet.Memory {
	k := kubelet.Memory{
		Base: Bytes(m.Base), PerRequest: Bytes(m.PerRequest), LeakPerRequest: Bytes(m.LeakPerRequest),
		StartupPeak: Bytes(m.StartupPeak), AtStart: Bytes(m.AtStart),
	}
	if most := k.Base + k.StartupPeak; k.AtStart > most {
		r.Fault(at+".atStart", "must be at most base and startupPeak together, which are %d bytes, got %d", most, k.AtStart)
	}
	if m.Leak != nil {
		k.LeakPerSecond = float64(*m.Leak)
	}
	if m.Retain != nil {
		k.Retain = float64(*m.Retain)
	}
	if c := m.Cache; c != nil {
		k.CachePerRequest, k.CacheMax = Bytes(c.PerRequest), Bytes(c.Max)
	}
	if c := m.Child; c != nil && c.Leak != nil {
		k.Child = &kubelet.Child{LeakPerSecond: float64(*c.Leak)}
		if c.Again != nil {
			k.Child.Again = max(time.Duration(*c.Again), 1)
		}
	}
	if s := m.Bursts; s != nil && s.Every != nil && s.Size != nil && s.Lasts != nil {
		k.Bursts = &kubelet.Bursts{Every: s.Every.Dist, Size: s.Size.Dist, Lasts: s.Lasts.Dist}
		if s.Every.Mean() < 0.001 {
			r.Fault(at+".bursts.every", "must be at least 1ms on average, got %s", s.Every)
		}
	}
	return k
}
