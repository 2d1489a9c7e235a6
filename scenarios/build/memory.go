package build

import (
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

func (b *builder) memory(at string, m *wire.Memory) kubelet.Memory {
	k := kubelet.Memory{
		Base: value(m.Base), PerRequest: value(m.PerRequest), LeakPerRequest: value(m.LeakPerRequest), StartupPeak: value(m.StartupPeak),
	}
	if m.Leak != nil {
		k.LeakPerSecond = float64(*m.Leak)
	}
	if m.Retain != nil {
		k.Retain = float64(*m.Retain)
	}
	if c := m.Cache; c != nil {
		k.CachePerRequest, k.CacheMax = value(c.PerRequest), value(c.Max)
	}
	if s := m.Bursts; s != nil && s.Every != nil && s.Size != nil && s.Lasts != nil {
		k.Bursts = &kubelet.Bursts{Every: s.Every.Dist, Size: s.Size.Dist, Lasts: s.Lasts.Dist}
		if s.Every.Mean() < 0.001 {
			b.fault(at+".bursts.every", "must be at least 1ms on average, got %s", s.Every)
		}
	}
	return k
}

// eviction reads the kubelets' settings.
func (b *builder) eviction(k *wire.Kubelet) {
	e := kubelet.DefaultEviction()
	for name, q := range k.EvictionHard {
		quantity := resource.Quantity(q)
		if name != "memory.available" {
			b.fault("cluster.kubelet.evictionHard", "must have memory.available alone, the only signal that is simulated, got %.60q", name)
			continue
		}
		e.Hard = quantity.Value()
	}
	if k.PressureTransitionPeriod != nil {
		e.TransitionPeriod = time.Duration(*k.PressureTransitionPeriod)
	}
	b.spec.Eviction = e
}
