package kubelet

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// Observer hears what happens to a pod on its node, when it happens, and of its
// status when the API server gets it.
type Observer interface {
	// Waiting: a container can't run now.
	Waiting(now sim.Time, w Waiting)
	// Pulled: an image came to the node for this pod.
	Pulled(now sim.Time, image string, bytes int64, wait, took time.Duration)
	Started(now sim.Time, container string, restarts int32)
	Serving(now sim.Time, container string, took time.Duration)
	// Killing: the kubelet begins to stop a container, with its preStop hook.
	Killing(now sim.Time, container, message string)
	// Hooked: a lifecycle hook is over.
	Hooked(now sim.Time, container string, end HookEnd)
	Exited(now sim.Time, container string, exit Terminated)
	// ProcessKilled: an OOM kill at the limit took a process of the container that
	// held so many bytes, and left the container.
	ProcessKilled(now sim.Time, container string, bytes, limit int64)
	// ProbeFailed: so many failures in a row count as one of the container.
	ProbeFailed(now sim.Time, container, probe, message string, failures int)
	// ProbePassed: enough successes for the container to be started, or ready. Asked is
	// that a sync of the pod asked for the probe.
	ProbePassed(now sim.Time, container, probe string, asked bool)
	// Status: the API server has a new status of the pod.
	Status(now sim.Time, status Status)
	// Evicted: the node is short of a resource, or the pod exceeds a limit. The last phase follows when the
	// containers have ended.
	Evicted(now sim.Time, message string, why Choice)
	// ShutDown: the machine is to be shut down, and the pod ends with it.
	ShutDown(now sim.Time)
	// Gone: nothing of the pod is left on the node, and the kubelet removes its
	// object.
	Gone(now sim.Time)
}

// Waiting is why a container can't run now. Until is when its back-off ends, Exit the
// exit that this counts from; both are 0 for other reasons.
type Waiting struct {
	Container, Reason, Message string
	Exit, Until                sim.Time
}

// Choice is what a pod was chosen for to be evicted, Among how many: bytes that the
// node's statistics have of it, and that it requests, and its priority. Unknown is that
// they have none.
type Choice struct {
	Among           int
	Used, Requested int64
	Priority        int32
	Unknown         bool
	// Resource is what the node is short of, or the pod has exceeded a limit of.
	Resource v1.ResourceName
	Exceeded *storage.Exceeded // nil when the node is short
}

// Pod is a pod on its node.
type Pod struct {
	host     *Host
	spec     *v1.Pod
	observer Observer
	init     []*Container
	main     []*Container
	all      []*Container // init containers first

	memory    podMemory // of its cgroup
	disk      *storage.Pod
	deadline  deadline
	worker    worker
	observed  sim.Time  // when the cache last held the pod's state
	box       sandbox   // as the runtime has it
	boxCached sandbox   // as the kubelet knows it
	look      sim.Timer // the next relist that has something to find
	probes    []*probe  // workers that were made and have not ended since
	turns     int
	ticking   int // the turn of the probe that looks now

	status    Status // the status manager's
	hasStatus bool
	told      Status    // what the API server has
	report    sim.Timer // the next write of it
	held      sim.Timer // the write of a last phase that was held back

	deleting bool
	evicted  bool // by its node, which is short of memory
	shut     bool // by its node, whose machine is shut down
	forced   bool // its object is gone already
	gone     bool
	down     bool // with its machine
	crashes  int  // of its machine
	waits    map[string]string
	pulls    map[string]*failedPulls // by image

	streams             func(subsystem string) *rand.Rand
	latencies, retrying *rand.Rand
}

// Run takes a bound pod: plans holds one Plan a container, init containers
// first, in the order of the spec. Streams gives the pod's own random draws by
// subsystem, each when it is needed.
func (h *Host) Run(now sim.Time, pod *v1.Pod, plans []Plan, streams func(subsystem string) *rand.Rand,
	observer Observer) *Pod {
	p := &Pod{host: h, spec: pod, observer: observer, waits: map[string]string{}, streams: streams}
	h.pods = append(h.pods, p)
	p.memory.init(p)
	p.deadline.init(p)
	p.worker.init(p)
	p.observed = p.worker.last
	p.look.Init(h.loop, sim.PhaseMachine, p.relist)
	p.report.Init(h.loop, sim.PhaseMachine, p.reported)
	p.held.Init(h.loop, sim.PhaseMachine, p.reported)
	for i, plan := range plans {
		isInit := i < len(pod.Spec.InitContainers)
		c := newContainer(p, plan, isInit)
		if isInit {
			p.init = append(p.init, c)
		} else {
			p.main = append(p.main, c)
		}
		p.all = append(p.all, c)
	}
	p.stores(now)
	p.update(now)
	return p
}

// Containers lists the pod's containers, init containers first.
func (p *Pod) Containers() []*Container { return p.all }

// Container is the container of that name.
func (p *Pod) Container(name string) *Container {
	for _, list := range [...][]*Container{p.main, p.init} {
		for _, c := range list {
			if c.Name() == name {
				return c
			}
		}
	}
	return nil
}

// addProbes makes the workers of the probes that are not there (Manager.AddPod). Init
// containers that end have none.
func (p *Pod) addProbes(now sim.Time) {
	for _, list := range [...][]*Container{p.main, p.init} {
		for _, c := range list {
			if !c.isInit || c.sidecar() {
				c.addProbes(now)
			}
		}
	}
}
