// Package kubectl is what people and pipelines do to a cluster while it runs: the
// steps of the timeline, each as the command of kubectl that it stands for, or as
// what happens to machines. What kubectl would print when it is refused is told in
// the records.
//
//   - actions.go: the steps; timeline.go: when and how they are carried out
//   - apply.go, objects.go: commands about objects
//   - machines.go: commands about nodes and what happens to machines
//   - drain.go, drain_filters.go: kubectl drain
package kubectl

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

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
// Taint, NodeFail, NodeShutdown, NodeRecover, NodeAdd, NodeRemove, PodKill.
type Action interface{ isAction() }

// ObjectRef names an object.
type ObjectRef = apiserver.Ref

type (
	// Apply creates objects or replaces their spec, as kubectl apply does.
	Apply struct{ Objects []runtime.Object }
	// Delete deletes an object; of a workload its pods too.
	Delete struct {
		Target ObjectRef
		// Grace is --grace-period of a Pod in seconds; nil is the pod's own, 0 removes
		// its object at once.
		Grace *int64
	}
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
	// Drain is kubectl drain with its flags.
	Drain struct {
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
	// Taint is kubectl taint nodes. One to remove without effect stands for all of
	// its key.
	Taint struct {
		Node        string
		Add, Remove []v1.Taint
	}
	// NodeFail stops a machine: all processes on it die, its kubelet is silent.
	NodeFail struct{ Node string }
	// NodeShutdown powers a machine off in an orderly way: its kubelet ends the pods first,
	// as far as shutdownGracePeriod goes; without one it is NodeFail.
	NodeShutdown struct{ Node string }
	// NodeRecover starts a failed machine again.
	NodeRecover struct{ Node string }
	// NodeAdd lets machines join, Ready at once. Their names are new.
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

func (Apply) isAction()        {}
func (Delete) isAction()       {}
func (Scale) isAction()        {}
func (SetImage) isAction()     {}
func (SetMetric) isAction()    {}
func (SetResources) isAction() {}
func (Rollout) isAction()      {}
func (Cordon) isAction()       {}
func (Drain) isAction()        {}
func (Taint) isAction()        {}
func (NodeFail) isAction()     {}
func (NodeShutdown) isAction() {}
func (NodeRecover) isAction()  {}
func (NodeAdd) isAction()      {}
func (NodeRemove) isAction()   {}
func (PodKill) isAction()      {}

// RolloutVerb is a subcommand of kubectl rollout.
type RolloutVerb string

// The verbs that change a workload; only a Deployment can be paused.
const (
	Undo    RolloutVerb = "undo"
	Restart RolloutVerb = "restart"
	Pause   RolloutVerb = "pause"
	Resume  RolloutVerb = "resume"
)
