package kubelet

import (
	"math/rand/v2"

	v1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/eviction"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// stores gives the pod its part of the node's disk.
func (p *Pod) stores(now sim.Time) {
	var writes []*storage.Writes
	for _, c := range p.all {
		writes = append(writes, c.plan.Behaviour.Storage)
	}
	p.disk = p.host.pressure.disk.NewPod(now, p.spec, writes, func() *rand.Rand { return p.streams("volume statistics") })
	for i, c := range p.all {
		c.disk = p.disk.Container(i)
	}
}

// exceeding finds the pods that exceed a limit of their storage: all of them go, one after
// the other (localStorageEviction in pkg/kubelet/eviction/eviction_manager.go).
func (p *pressure) exceeding(now sim.Time) {
	for _, o := range p.active() {
		e := o.disk.Exceeds(now)
		if e == nil || o.critical() {
			continue
		}
		if _, known := o.statistics(now); known {
			p.queue = append(p.queue, exceeder{o, e})
		}
	}
}

// exceeder is a pod that is to go for what it has exceeded.
type exceeder struct {
	pod  *Pod
	what *storage.Exceeded
}

// next evicts the next of them; false when there is none.
func (p *pressure) next(now sim.Time) bool {
	if len(p.queue) == 0 {
		return false
	}
	e := p.queue[0]
	p.queue = p.queue[1:]
	p.await(now, e.pod)
	e.pod.Evict(now, e.what.Message, Choice{Used: e.what.Used, Resource: v1.ResourceEphemeralStorage, Exceeded: e.what})
	return true
}

// diskUse is what the statistics have of a pod's use of the disk. Of a pod of which no
// container runs they have nothing.
func (p *Pod) diskUse(now sim.Time) (bytes float64, known bool) {
	_, known = p.statistics(now)
	return p.disk.Used(now), known
}

// diskMessage is that of the pod's status (evictionMessage in helpers.go).
func (p *pressure) diskMessage(now sim.Time, o *Pod) string {
	text := eviction.Low(v1.ResourceEphemeralStorage, p.disk.Threshold(), p.disk.Available(now))
	for _, c := range o.all {
		request := c.plan.Spec.Resources.Requests.StorageEphemeral()
		used := c.disk.Used(now)
		if _, known := c.statistics(now); known && used > request.AsApproximateFloat64() {
			text += eviction.Larger("Container", c.Name(), used, *request, v1.ResourceEphemeralStorage)
		}
	}
	return text
}

// request is what the pod requests of a resource.
func (p *Pod) request(name v1.ResourceName) int64 {
	q := resourcehelper.PodRequests(p.spec, resourcehelper.PodResourcesOptions{})[name]
	return q.Value()
}

// Refuses is what the kubelet says to a pod that it does not take, "" when it does: with
// DiskPressure to all that are not critical (Admit in eviction_manager.go). What it says
// of BestEffort pods with MemoryPressure is left to the taint.
func (h *Host) Refuses(critical bool) string {
	if critical || !h.pressure.storage.On {
		return ""
	}
	return "The node had condition: [DiskPressure]. "
}
