package machine

import (
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// containers are those of a pod, as cAdvisor sees them. They are a metricsserver.Source.
type containers []*kubelet.Container

// Containers are those of a pod that its kubelet has taken. From now on looker hears of
// them before they change.
func (m *Machines) Containers(p *apiserver.Pod, looker kubelet.Looker) metricsserver.Source {
	list := containers(m.Running(p))
	for _, c := range list {
		c.Observe(looker)
	}
	return list
}

// Use is what the containers that run have used.
func (list containers) Use(at sim.Time) (uses []metricsserver.Use) {
	for _, c := range list {
		if c.Running() {
			cpu, memory := c.Usage(at)
			uses = append(uses, metricsserver.Use{Name: c.Name(), CPUSeconds: cpu, WorkingSet: memory})
		}
	}
	return uses
}

// Pass leaves the containers that run as calls of Use do.
func (list containers) Pass(first sim.Time, period time.Duration, looks int) {
	for _, c := range list {
		if c.Running() {
			c.Pass(first, period, looks)
		}
	}
}

// Busy reports whether a container computes something.
func (list containers) Busy() bool { return slices.ContainsFunc(list, (*kubelet.Container).Busy) }

// Constant reports whether the containers use no CPU, and the memory that they use,
// until something happens.
func (list containers) Constant() bool {
	return !slices.ContainsFunc(list, func(c *kubelet.Container) bool { return !c.Constant() })
}
