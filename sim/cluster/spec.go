package cluster

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/manager/attachdetach"
	"github.com/kube-rehearse/rehearse/sim/manager/devices"
	"github.com/kube-rehearse/rehearse/sim/manager/volume"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// Spec is everything a run needs, decoded, defaulted and validated. It is
// read-only: replications share it.
type Spec struct {
	// Name and Description are the scenario's.
	Name, Description string
	// Seed keys every random stream; replications differ by their number.
	Seed         uint64
	Replications int
	// Duration is the simulated time of one replication.
	Duration time.Duration
	// Start is the wall-clock time of simulation time 0 in UTC, a whole second, as
	// the times of conditions are; zero is DefaultStart.
	Start time.Time

	// Nodes are the machines at time 0, as the API server would show them.
	Nodes []*v1.Node
	// Pools maps a node's name to the pool it is reported under.
	Pools map[string]string
	// USDPerHour is the on-demand price of a node by name, where it is known.
	USDPerHour map[string]float64
	// Objects are the manifests applied at time 0 in the order given: of
	// k8s.io/api types, defaulted as the API server would, validated.
	Objects []runtime.Object
	// Scheduler is the scheduler's configuration; zero is upstream's default.
	Scheduler sched.Config
	// Workloads says how containers behave; the first that matches a
	// container holds.
	Workloads []Workload
	// Traffic are the streams of requests.
	Traffic []load.Traffic
	// Queues are message queues that containers pull from.
	Queues []Queue
	// Externals are what containers call outside the cluster.
	Externals []load.External
	// Timeline is what is done to the cluster, ordered by time.
	Timeline []Step
	// Absent lists Secrets and ConfigMaps that the cluster lacks. All others
	// that a container names are taken to be there.
	Absent []ObjectRef

	// Latencies are the delays of the control plane.
	Latencies Latencies
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
	// Shutdown is the kubelets' shutdownGracePeriod and shutdownGracePeriodCriticalPods.
	Shutdown kubelet.ShutdownGrace
	// Runtime is how long containers, sandboxes and the kubelet's own work take;
	// zero takes no time.
	Runtime kubelet.Runtime

	// Eviction is the kubelets' node-pressure eviction; zero is none.
	Eviction kubelet.Eviction

	// Autoscaler is kube-controller-manager's --horizontal-pod-autoscaler-…;
	// zero is upstream's default.
	Autoscaler hpa.Config
	// MetricsServer is how old the resource metrics are.
	MetricsServer metricsserver.Config
	// Monitoring is how old the custom and external metrics are; zero is the
	// default.
	Monitoring Monitoring
	// Metrics are custom and external metrics with values of their own; others
	// have those of SetMetric.
	Metrics []Metric

	// NodeLifecycle is kube-controller-manager's flags about nodes; zero is
	// upstream's default.
	NodeLifecycle nodelifecycle.Config

	// Controllers are kube-controller-manager's flags about the requests and workers
	// of its controllers; zero is upstream's default.
	Controllers manager.Config

	// Storage is what the drivers of volumes do; zero takes no time.
	Storage volume.Config
	// Devices is what drivers of devices do; zero is none.
	Devices devices.Config
	// Attach is how long volumes take to machines and pods, and how many a machine takes.
	Attach attachdetach.Config

	// QuotaSyncPeriod is how often the status of all ResourceQuotas is counted
	// anew; zero is upstream's default.
	QuotaSyncPeriod time.Duration

	// EndpointsBatch is for how long changes of pods wait before their Service's
	// EndpointSlices are written; upstream's default is 0.
	EndpointsBatch time.Duration

	// Extensions are kinds that Kubernetes does not have, and what looks after them.
	Extensions []Extension

	// Expectations are judged by the report, not by the engine, which only
	// copies them into the records.
	Expectations []record.Expectation
	// Assumptions are the statements about what nobody gave, for the reader.
	Assumptions []string
	// Guesses are the numbers that nobody gave.
	Guesses []Guess
	// Ignored are objects among the manifests that the simulation leaves out.
	Ignored []record.Ignored
	// Silences are findings that nobody wants to hear of. The report lists them apart.
	Silences []record.Silence

	slow       bool // nothing is left out because it can't differ, for tests
	pollAlways bool // the monitor of nodes polls from the start to the end, for tests
}

// Kinds are the kinds of objects that the run knows.
func (s *Spec) Kinds() *kinds.Table {
	table := kinds.Builtin()
	for _, e := range s.Extensions {
		table = table.With(e.Kinds...)
	}
	return table
}

// EachObject goes over all objects that come, at the start and by steps.
func (s *Spec) EachObject(do func(runtime.Object)) {
	for _, o := range s.Objects {
		do(o)
	}
	for _, step := range s.Timeline {
		if a, is := step.Action.(Apply); is {
			for _, o := range a.Objects {
				do(o)
			}
		}
	}
}

// controllers is Controllers, or the default.
func (s *Spec) controllers() manager.Config {
	if s.Controllers == (manager.Config{}) {
		return manager.DefaultConfig()
	}
	return s.Controllers
}

// metricsServer is MetricsServer, whose looks are all events when nothing is to be left
// out.
func (s *Spec) metricsServer() metricsserver.Config {
	c := s.MetricsServer
	c.Ticking = c.Ticking || s.slow
	return c
}

// start is Start, or the default.
func (s *Spec) start() time.Time {
	if s.Start.IsZero() {
		return DefaultStart
	}
	return s.Start
}

// window is how long the windows of counted records are: 720 in a run, but at
// least 10 s each, in whole seconds.
func (s *Spec) window() time.Duration {
	return max(10*time.Second, (s.Duration / 720).Truncate(time.Second))
}

// peakBlock is how long the blocks of memory peaks are: 24 in a run, but at
// least an hour each.
func (s *Spec) peakBlock() time.Duration { return max(time.Hour, s.Duration/24) }

// DefaultStart is when a run begins that nobody gave a date: at midnight of a
// Monday, where weekly profiles of traffic begin, too.
var DefaultStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// Latencies are the delays between a change of one object and the next
// component's answer to it: watch, work queue, reconcile and write together.
type Latencies struct {
	// Deployment is from a change of a Deployment, its ReplicaSets or their
	// status to the Deployment controller's writes.
	Deployment time.Duration
	// ReplicaSet is the same for the ReplicaSet controller, to the first pod
	// created or deleted.
	ReplicaSet time.Duration
	// StatefulSet is the same for the StatefulSet controller, to its first write.
	StatefulSet time.Duration
	// Job is the same for the Job controller, to its sync; the second for which
	// it waits for more changes of pods comes on top.
	Job time.Duration
	// CronJob is the same for the CronJob controller, also from the time for which
	// it has put a CronJob off.
	CronJob time.Duration
	// DaemonSet is the same for the DaemonSet controller, also from a change of a
	// node.
	DaemonSet time.Duration
	// Scheduler is from an unscheduled pod to its binding.
	Scheduler time.Duration
	// Kubelet is from a binding, or a deletion, to what the node does about it: half
	// of it to one and a half, as it happens.
	Kubelet time.Duration
	// Disruption is from a pod's change to the status of its
	// PodDisruptionBudget.
	Disruption time.Duration
	// ResourceQuota is from the end of a pod to the status of the quotas that
	// counted it.
	ResourceQuota time.Duration
	// Autoscaler is what a sync of the autoscaler takes on top of its period.
	Autoscaler time.Duration
	// Endpoints is from a pod's change that comes alone to the EndpointSlice's.
	Endpoints time.Duration
	// Proxy is from the EndpointSlice's change to the rules on the nodes.
	Proxy time.Duration
}

// DefaultLatencies are the medians measured on a real control plane of
// Kubernetes 1.37.2, except DaemonSet, Job, CronJob and ResourceQuota, which are
// taken to be as long as those of a Deployment, two StatefulSets and a ReplicaSet, and
// Proxy: kube-proxy's default minimum sync period is 1 s, of which a change that
// comes alone sees almost nothing.
func DefaultLatencies() Latencies {
	return Latencies{
		Deployment:    10 * time.Millisecond,
		ReplicaSet:    15 * time.Millisecond,
		StatefulSet:   7 * time.Millisecond,
		Job:           7 * time.Millisecond,
		CronJob:       7 * time.Millisecond,
		DaemonSet:     10 * time.Millisecond,
		Scheduler:     25 * time.Millisecond,
		Kubelet:       30 * time.Millisecond,
		Disruption:    10 * time.Millisecond,
		ResourceQuota: 15 * time.Millisecond,
		Autoscaler:    40 * time.Millisecond,
		Endpoints:     10 * time.Millisecond,
		Proxy:         100 * time.Millisecond,
	}
}
