package kubelet

import (
	"fmt"

	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/gauge"
)

// podMemory is the memory of a pod's cgroup where the pod itself has a limit: what its
// containers hold together. At the limit the kernel kills the worst of them, alone, since the
// kubelet sets memory.oom.group for containers.
//
//	pod: memory.max 512Mi ── a 300Mi
//	                     └── b 212Mi   the next byte of either kills one
type podMemory struct {
	pod      *Pod
	limit    int64 // bytes; 0 is none
	used     gauge.Gauge
	crossing sim.Timer
}

// init takes the limit of the pod's cgroup (cm/helpers_linux.go, ResourceConfigForPod), with
// the pod's overhead. Where only containers have limits, theirs are reached before.
func (m *podMemory) init(p *Pod) {
	m.pod = p
	if p.spec.Spec.Resources == nil || p.spec.Spec.Resources.Limits.Memory().IsZero() {
		return
	}
	limits := resourcehelper.PodLimits(p.spec, resourcehelper.PodResourcesOptions{})
	m.limit = limits.Memory().Value()
	m.crossing.Init(p.host.loop, sim.PhaseMachine, m.outOfMemory)
}

// use books a change of what a container holds, and of how fast that grows a second.
func (m *podMemory) use(now sim.Time, bytes, bytesPerSecond float64) {
	if m.limit == 0 || bytes == 0 && bytesPerSecond == 0 {
		return
	}
	m.used.Add(now, bytes, bytesPerSecond)
	m.crossing.Set(m.used.Reaches(now, float64(m.limit)))
}

// outOfMemory is the kernel's OOM killer in the pod's cgroup: of its containers that goes
// which holds most, by bytes and oom_score_adj as thousandths of the limit (oom_badness and
// constrained_alloc in mm/oom_kill.c).
func (m *podMemory) outOfMemory(now sim.Time) {
	if m.used.Value(now) < float64(m.limit)-1 { // a byte of rounding
		m.crossing.Set(m.used.Reaches(now, float64(m.limit)))
		return
	}
	var victim *Container
	highest := 0.0
	for _, c := range m.pod.all {
		if c.state != running {
			continue
		}
		if score := m.pod.host.pressure.badness(now, c, float64(m.limit)); victim == nil || score > highest {
			victim, highest = c, score
		}
	}
	if victim == nil {
		return
	}
	if victim.memory.left() < 1 { // its own cgroup is charged first
		victim.outOfMemory(now)
		return
	}
	victim.message = fmt.Sprintf("the working sets of the pod's containers reached its limit of %d bytes", m.limit)
	victim.exit(now, causePodOOM, codeKilled)
}
