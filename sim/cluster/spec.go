package cluster

import (
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
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

	// QuotaSyncPeriod is how often the status of all ResourceQuotas is counted
	// anew; zero is upstream's default.
	QuotaSyncPeriod time.Duration

	// Expectations are judged by the report, not by the engine, which only
	// copies them into the records.
	Expectations []record.Expectation
	// Assumptions are the statements about what nobody gave, for the reader.
	Assumptions []string
	// Ignored are objects among the manifests that the simulation leaves out.
	Ignored []record.Ignored
}

// DefaultStart is when a run begins that nobody gave a date: at midnight of a
// Monday, where weekly profiles of traffic begin, too.
var DefaultStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// ObjectRef names an object of some kind.
type ObjectRef struct {
	Kind string
	types.NamespacedName
}

// Workload says how the containers of some pods behave.
type Workload struct {
	// Kind, Namespace and Name select the top controller of the pods, or a
	// bare Pod; an empty field matches all.
	Kind, Namespace, Name string
	// Container selects one container by name; empty matches all.
	Container string
	// Indexes selects pods of an Indexed Job by their completion index; empty
	// matches all pods.
	Indexes []IndexRange

	Behaviour kubelet.Behaviour
	Server    load.Server
}

// Matches reports whether the workload describes a container of a pod that
// belongs to the named owner.
func (w Workload) Matches(kind, namespace, name, container string) bool {
	match := func(pattern, value string) bool { return pattern == "" || pattern == value }
	return match(w.Kind, kind) && match(w.Namespace, namespace) && match(w.Name, name) && match(w.Container, container)
}

// IndexRange is completion indexes, the last included.
type IndexRange struct{ First, Last int }

// matchesPod reports whether the pod's completion index is one of the
// workload's.
func (w *Workload) matchesPod(o *v1.Pod) bool {
	if len(w.Indexes) == 0 {
		return true
	}
	index, err := strconv.Atoi(o.Annotations[batchv1.JobCompletionIndexAnnotation])
	return err == nil && slices.ContainsFunc(w.Indexes, func(r IndexRange) bool { return r.First <= index && index <= r.Last })
}

// Step is one action of the timeline at one time.
type Step struct {
	At     sim.Time
	Action Action
	// Source is where it stands (file:line), for those who read the records; it
	// may be empty.
	Source string
}

// Action is what a person or a pipeline does to the cluster: one of Apply,
// Delete, Scale, SetImage, SetResources, SetMetric, Rollout, Cordon, Drain,
// Taint, NodeFail, NodeRecover, NodeAdd, NodeRemove, PodKill.
type Action interface{ isAction() }

type (
	// Apply creates objects or replaces their spec, as kubectl apply does.
	Apply struct{ Objects []runtime.Object }
	// Delete deletes an object; of a workload its pods too.
	Delete struct{ Target ObjectRef }
	// Scale sets spec.replicas.
	Scale struct {
		Target   ObjectRef
		Replicas int32
	}
	// SetImage changes the image of one container of the pod template.
	SetImage struct {
		Target           ObjectRef
		Container, Image string
	}
	// SetResources is kubectl set resources of one container; a resource that
	// is not named stays as it is.
	SetResources struct {
		Target           ObjectRef
		Container        string
		Requests, Limits v1.ResourceList
	}
	// SetMetric gives a custom or external metric a value, from then on. An
	// autoscaler that asks for a metric that has none is told so.
	SetMetric struct {
		Namespace, Name string
		Value           resource.Quantity
	}
	// Rollout is kubectl rollout Verb.
	Rollout struct {
		Target ObjectRef
		Verb   RolloutVerb
		// ToRevision is for undo; 0 is the previous one.
		ToRevision int64
	}
	// Cordon marks a node unschedulable, or schedulable again.
	Cordon struct {
		Node          string
		Unschedulable bool
	}
)

func (Apply) isAction()        {}
func (Delete) isAction()       {}
func (Scale) isAction()        {}
func (SetImage) isAction()     {}
func (SetMetric) isAction()    {}
func (SetResources) isAction() {}
func (Rollout) isAction()      {}
func (Cordon) isAction()       {}

// Drain is kubectl drain with its flags.
type Drain struct {
	Node string
	// Timeout is --timeout; 0 waits for ever.
	Timeout time.Duration
	// Force is --force: bare pods are evicted, too.
	Force bool
	// DeleteEmptyDirData is --delete-emptydir-data.
	DeleteEmptyDirData bool
	// IgnoreDaemonSets is --ignore-daemonsets: their pods stay. Without it the
	// drain is refused while there are any.
	IgnoreDaemonSets bool
}

func (Drain) isAction() {}

type (
	// Taint is kubectl taint nodes. One to remove without effect stands for all of
	// its key.
	Taint struct {
		Node        string
		Add, Remove []v1.Taint
	}
	// NodeFail stops a machine: all processes on it die, its kubelet is silent.
	NodeFail struct{ Node string }
	// NodeRecover starts a failed machine again.
	NodeRecover struct{ Node string }
	// NodeAdd lets machines join, Ready at once. Their names are new; Spec.Pools
	// and Spec.USDPerHour know them.
	NodeAdd struct{ Nodes []*v1.Node }
	// NodeRemove takes a machine away and deletes its Node, as an autoscaler or
	// a cloud provider that reclaims it does. The pods on it are not evicted.
	NodeRemove struct{ Node string }
	// PodKill is kubectl delete pod --grace-period=0 --force of Count pods of a
	// workload, drawn at random, or of one pod: their processes get SIGKILL.
	PodKill struct {
		Target ObjectRef
		Count  int
	}
)

func (Taint) isAction()       {}
func (NodeFail) isAction()    {}
func (NodeRecover) isAction() {}
func (NodeAdd) isAction()     {}
func (NodeRemove) isAction()  {}
func (PodKill) isAction()     {}

// RolloutVerb is a subcommand of kubectl rollout.
type RolloutVerb string

// The verbs that change a workload; only a Deployment can be paused.
const (
	Undo    RolloutVerb = "undo"
	Restart RolloutVerb = "restart"
	Pause   RolloutVerb = "pause"
	Resume  RolloutVerb = "resume"
)

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
	// Endpoints is from a pod's change to the EndpointSlice's.
	Endpoints time.Duration
	// Proxy is from the EndpointSlice's change to the rules on the nodes.
	Proxy time.Duration
}

// DefaultLatencies are the medians measured on a real control plane of
// Kubernetes 1.37.2, except DaemonSet, Job, CronJob and ResourceQuota, which are
// taken to be as long as those of a Deployment, two StatefulSets and a ReplicaSet, and
// Endpoints and Proxy: 10–60 ms for the EndpointSlice, and kube-proxy's default minimum sync period of 1 s, of
// which a change that comes alone sees almost nothing.
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
		Endpoints:     35 * time.Millisecond,
		Proxy:         100 * time.Millisecond,
	}
}
