package machine

import (
	"fmt"
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Options are the settings of all machines.
type Options struct {
	// Pools maps a node's name to the pool that it is reported under.
	Pools map[string]string
	// ImageBandwidth is how fast a node pulls images, in bytes per second.
	ImageBandwidth float64
	// SerializePulls is the kubelet's serializeImagePulls.
	SerializePulls bool
	// MaxParallelPulls is its maxParallelImagePulls where pulls are not serialized; 0
	// is no bound.
	MaxParallelPulls int
	// MaxRestartPeriod is its crashLoopBackOff.maxContainerRestartPeriod; 0 is 300 s.
	MaxRestartPeriod time.Duration
	// SingleProcessOOMKill is the kubelet's setting of that name.
	SingleProcessOOMKill bool
	// Runtime is how long the container runtime takes; zero takes no time.
	Runtime kubelet.Runtime
	// Shutdown is how long a machine's shutdown waits for its pods.
	Shutdown kubelet.ShutdownGrace
	// Eviction is node-pressure eviction; zero is none.
	Eviction kubelet.Eviction
	// Ticking makes each tick of a probe an event, also when it can find nothing new.
	Ticking bool
	// Latency is from a binding, or a deletion, to what the kubelet does about it:
	// half of it to one and a half, as it happens.
	Latency time.Duration
	// PeakBlock is how long the blocks of memory peaks are, Window the windows of
	// pool usage.
	PeakBlock time.Duration
	Window    sim.Time
}

// Programs is what runs in containers.
type Programs interface {
	// Behaviour says how a container behaves.
	Behaviour(p *apiserver.Pod, container string) kubelet.Behaviour
	// Serve makes the server in a container, nil when it serves nothing. container
	// gives the running container. gpuMemory is the share of its GPU's memory that it
	// takes, 0 for none.
	Serve(p *apiserver.Pod, container string, running func() *kubelet.Container) (work kubelet.Work, gpuMemory float64)
	// Taken tells that a kubelet has taken a pod, Gone that the pod is gone.
	Taken(now sim.Time, p *apiserver.Pod)
	Gone(p *apiserver.Pod)
	// Model completes the record of a container in which a model server runs; false
	// when there is none.
	Model(p *apiserver.Pod, container string, r *record.ContainerModel) bool
}

// Volumes gives pods their volumes.
type Volumes interface {
	// Mount calls then when the volumes of a pod are mounted on its machine. It is false
	// when there is nothing to wait for.
	Mount(now sim.Time, p *apiserver.Pod, then func(now sim.Time)) bool
}

// Devices gives pods the devices of their claims.
type Devices interface {
	// Prepare calls then when the devices of a pod are prepared on its machine. It is
	// false when there is nothing to wait for.
	Prepare(now sim.Time, p *apiserver.Pod, then func(now sim.Time)) bool
	// Given are the GPUs of its machine, by number, that a container gets by claims;
	// known is false for one that claims none.
	Given(p *apiserver.Pod, container string) (gpus []int, known bool)
}

// Monitor is told of the pods whose use can be measured.
type Monitor interface {
	Taken(now sim.Time, p *apiserver.Pod)
	Gone(p *apiserver.Pod)
}

// Machines are all machines of a run. They implement apiserver.Kubelets and
// apiserver.PodWatcher.
type Machines struct {
	*apiserver.Store
	options  Options
	programs Programs
	monitor  Monitor
	volumes  Volumes // nil for none
	devices  Devices // nil for none
	// wake tells the controllers of nodes that a machine is about to change.
	wake func()

	nodes map[string]*Node
	order []*Node
	pools []*pool
	pods  map[types.UID]*Pod
}

// New returns no machines.
func New(s *apiserver.Store, o Options) *Machines {
	return &Machines{Store: s, options: o, nodes: map[string]*Node{}, pods: map[types.UID]*Pod{}, wake: func() {}}
}

// SetPrograms, SetMonitor and SetWake give the machines what they tell of pods and
// of themselves.
func (m *Machines) SetPrograms(p Programs) { m.programs = p }

// SetMonitor sets who measures pods.
func (m *Machines) SetMonitor(o Monitor) { m.monitor = o }

// SetVolumes sets who gives pods their volumes.
func (m *Machines) SetVolumes(v Volumes) { m.volumes = v }

// SetDevices sets who gives pods the devices of their claims.
func (m *Machines) SetDevices(d Devices) { m.devices = d }

// Claimed adds GPUs that claims have got to what the pool of a machine is asked for.
func (m *Machines) Claimed(node string, gpus int) {
	if n := m.nodes[node]; n != nil {
		n.pool.gpu.Add(m.Now(), float64(gpus), 0)
	}
}

// SetWake sets what is called when a machine fails or comes back.
func (m *Machines) SetWake(wake func()) { m.wake = wake }

// Add lets a machine join, Ready at once.
func (m *Machines) Add(o *v1.Node) {
	n := &Node{machines: m, name: o.Name, pool: m.pool(m.options.Pools[o.Name])}
	o = o.DeepCopy()
	n.host = kubelet.NewHost(m.Loop, o, kubelet.HostOptions{
		ImageBandwidth: m.options.ImageBandwidth,
		SerializePulls: m.options.SerializePulls,
		Usage:          &n.pool.used,
		PeakBlock:      m.options.PeakBlock,
		Eviction:       m.options.Eviction,
		Pressure:       n.pressure,

		MaxParallelPulls: m.options.MaxParallelPulls, MaxRestartPeriod: m.options.MaxRestartPeriod,
		SingleProcessOOMKill: m.options.SingleProcessOOMKill, Runtime: m.options.Runtime,
		Ticking: m.options.Ticking, Started: m.Now() > 0, Fake: kwok(o),
	}, m.Streams.Get("kubelet", o.Name))
	n.pool.nodes = append(n.pool.nodes, n)
	n.register(o)
	m.nodes[o.Name] = n
	m.order = append(m.order, n)
	m.Fail(m.Create(o, apiserver.Request{}))
}

// Join is Add in the course of a run.
func (m *Machines) Join(o *v1.Node) {
	m.Add(o)
	m.Record(record.NodeChanged{At: m.At(), Node: o.Name, Phase: record.NodeAdded})
	if len(o.Spec.Taints) > 0 {
		m.Record(record.NodeTainted{At: m.At(), Node: o.Name, Taints: apiserver.TaintsOf(o)})
	}
}

// named does something to a machine.
func (m *Machines) named(name string, do func(*Node) error) error {
	n, known := m.nodes[name]
	if !known {
		return m.Missing("Node", name)
	}
	return do(n)
}

// Break is the end of a machine: its processes die, nobody tells the API server.
func (m *Machines) Break(name string) error {
	return m.named(name, func(n *Node) error {
		if n.life.down {
			return fmt.Errorf("node %q is down already", name)
		}
		n.stop(record.NodeFailed)
		m.wake()
		return nil
	})
}

// Recover is a machine's start: a little later its kubelet says that it is Ready
// and takes up its pods.
func (m *Machines) Recover(name string) error {
	return m.named(name, func(n *Node) error {
		if !n.life.down {
			return fmt.Errorf("node %q is not down", name)
		}
		m.wake() // which looks back to where the kubelet was silent
		n.life.down, n.life.begun = false, m.Now()
		m.Record(record.NodeChanged{At: m.At(), Node: name, Phase: record.NodeRecovered})
		m.Loop.After(m.options.Latency, sim.PhaseMachine, sim.Func(n.resume))
		return nil
	})
}

// Remove takes a machine away and deletes its Node. Its pods stay in the API until
// the pod garbage collector misses the node.
func (m *Machines) Remove(name string) error {
	return m.named(name, func(n *Node) error {
		m.wake() // the nodes that stay may be all silent ones: then their NoExecute taints go
		delete(m.nodes, name)
		n.stop(record.NodeRemoved)
		n.recordMemory(m.Now())
		m.order = slices.DeleteFunc(slices.Clone(m.order), func(other *Node) bool { return other == n })
		m.Delete(n.object(), "")
		return nil
	})
}

// Lease is the lease of a node as it was at an instant, nil before its first
// renewal.
func (m *Machines) Lease(node string, at sim.Time) *coordv1.Lease { return m.nodes[node].lease(at) }

// Down reports whether a machine is down.
func (m *Machines) Down(node string) bool { return m.nodes[node].life.down }

// Up reports whether a machine is there and runs.
func (m *Machines) Up(node string) bool {
	n := m.nodes[node]
	return n != nil && !n.life.down
}

// Joined is when a machine joined.
func (m *Machines) Joined(node string) sim.Time { return m.nodes[node].life.since }

// Heard reports whether a pod's node can say or do anything: its machine is there
// and up.
func (m *Machines) Heard(p *apiserver.Pod) bool {
	n := m.nodes[p.Node()]
	return n != nil && !n.life.down
}
