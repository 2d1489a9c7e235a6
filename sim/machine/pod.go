package machine

import (
	"time"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// Pod is a pod on its node, as its kubelet sees it. It observes its own life there.
type Pod struct {
	machines *Machines
	api      *apiserver.Pod
	kubelet  *kubelet.Pod
	pool     *pool    // that its requests count in
	taken    bool     // by its kubelet, which may have started containers already
	started  sim.Time // when the kubelet took it: status.startTime
	evicted  string   // the kubelet's message, when it evicts the pod
	exceeded bool     // which it does for a limit of its storage
	shut     bool     // its node's shutdown ends it
}

// pod is the machine's half of a pod.
func (m *Machines) pod(p *apiserver.Pod) *Pod {
	uid := p.Object().UID
	if m.pods[uid] == nil {
		m.pods[uid] = &Pod{machines: m, api: p}
	}
	return m.pods[uid]
}

// PodChanged implements apiserver.PodWatcher: a pod that has got its node. The
// kubelet begins a little later.
func (m *Machines) PodChanged(c apiserver.PodChange) {
	if c.New == nil {
		delete(m.pods, c.Old.UID)
		return
	}
	if c.New.Spec.NodeName == "" || (c.Old != nil && c.Old.Spec.NodeName != "") {
		return
	}
	n, known := m.nodes[c.New.Spec.NodeName]
	if !known {
		return // a node that does not exist: the pod stays Pending
	}
	p := m.pod(c.Pod)
	p.pool = n.pool
	n.pool.request(m.Now(), p.api.Requests, 1)
	m.Loop.After(p.api.About(m.options.Latency, "kubelet starts"), sim.PhaseMachine,
		sim.Func(func(now sim.Time) { n.run(now, p) }))
}

// Running are the containers of a pod that its kubelet knows, nil before it has
// taken the pod.
func (m *Machines) Running(p *apiserver.Pod) []*kubelet.Container {
	if half := m.pods[p.Object().UID]; half != nil && half.kubelet != nil {
		return half.kubelet.Containers()
	}
	return nil
}

// Taken reports whether a kubelet runs the pod.
func (m *Machines) Taken(p *apiserver.Pod) bool {
	half := m.pods[p.Object().UID]
	return half != nil && half.kubelet != nil
}

// Throttled is for how many seconds the containers of a pod have stood still at
// their CPU limits. cAdvisor counts them from their start on, whether they listen
// or not.
func (m *Machines) Throttled(p *apiserver.Pod, now sim.Time) (seconds float64) {
	for _, c := range m.Running(p) {
		seconds += c.CPUUse(now).Throttled.Seconds()
	}
	return seconds
}

// Stop implements apiserver.Kubelets.
func (m *Machines) Stop(p *apiserver.Pod, grace time.Duration) {
	half := m.pod(p)
	m.Loop.After(p.About(m.options.Latency, "kubelet stops"), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		switch {
		case !m.Heard(p): // it terminates until the node is back or the pod garbage collector comes
		case half.kubelet != nil:
			half.kubelet.Delete(now, grace)
		default:
			half.ended() // the node had not begun with it
		}
	}))
}

// Kill implements apiserver.Kubelets.
func (m *Machines) Kill(p *apiserver.Pod) (heard bool) {
	if half := m.pods[p.Object().UID]; half != nil && half.kubelet != nil {
		half.kubelet.Remove(m.Now())
	}
	return m.Heard(p)
}

// Close implements apiserver.Kubelets.
func (m *Machines) Close(p *apiserver.Pod) {
	m.monitor.Gone(p)
	m.recordContainers(m.Now(), p)
	m.programs.Gone(p)
}

// Free implements apiserver.Kubelets.
func (m *Machines) Free(p *apiserver.Pod) {
	if half := m.pods[p.Object().UID]; half != nil && half.pool != nil {
		half.pool.request(m.Now(), p.Requests, -1)
		half.pool = nil
	}
}

// FirstStatus implements apiserver.Kubelets.
func (m *Machines) FirstStatus(p *apiserver.Pod, next *v1.Pod) {
	if half := m.pods[p.Object().UID]; half != nil {
		half.firstStatus(next)
	}
}

// containerStatus finds or adds the status of a container.
func containerStatus(o *v1.Pod, name string) *v1.ContainerStatus {
	list := &o.Status.ContainerStatuses
	for i := range o.Spec.InitContainers {
		if o.Spec.InitContainers[i].Name == name {
			list = &o.Status.InitContainerStatuses
		}
	}
	if s, known := podutil.GetContainerStatus(*list, name); known {
		for i := range *list {
			if (*list)[i].Name == s.Name {
				return &(*list)[i]
			}
		}
	}
	*list = append(*list, v1.ContainerStatus{Name: name})
	return &(*list)[len(*list)-1]
}
