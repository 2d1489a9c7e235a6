package machine

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/gauge"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// pool is what the nodes of a pool are asked for and use, together.
type pool struct {
	name                   string
	cpu, memory, gpu, pods gauge.Gauge // requested
	used                   kubelet.Usage
	nodes                  []*Node
	cpuSeconds             float64 // used up to from
	from                   sim.Time
}

// pool finds or makes the pool of a name.
func (m *Machines) pool(name string) *pool {
	for _, p := range m.pools {
		if p.name == name {
			return p
		}
	}
	p := &pool{name: name, from: m.Now()}
	m.pools = append(m.pools, p)
	return p
}

// request adds the requests of a pod to the pool, or takes them away.
func (p *pool) request(now sim.Time, r record.Resources, sign float64) {
	p.cpu.Add(now, sign*r.CPU, 0)
	p.memory.Add(now, sign*float64(r.Memory), 0)
	p.gpu.Add(now, sign*float64(r.GPU), 0)
	p.pods.Add(now, sign, 0)
}

// cores is the mean use since the window began, which is also its peak: what a
// monitoring system sees, since the use of an instant is whole threads.
func (p *pool) cores(now sim.Time) float64 {
	before := p.cpuSeconds
	p.cpuSeconds = 0
	for _, n := range p.nodes {
		p.cpuSeconds += n.host.CPUSeconds(now)
	}
	if now == p.from {
		return 0
	}
	return (p.cpuSeconds - before) / (now - p.from).Seconds()
}
