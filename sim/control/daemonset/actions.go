package daemonset

import (
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/daemon/util"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Action is one write of the controller, or its wish for another sync. Objects
// in it are read-only: they may be those of the view.
type Action = control.Action

// CreateRevision creates a ControllerRevision. The caller gives it what the
// API server does: UID, creation time and resource version.
type CreateRevision struct {
	Revision *apps.ControllerRevision
}

// UpdateRevision gives an old ControllerRevision the number after the latest:
// the template went back to it.
type UpdateRevision struct {
	Revision *apps.ControllerRevision
}

// DeleteRevision removes a ControllerRevision beyond the history limit.
type DeleteRevision struct {
	Revision *apps.ControllerRevision
}

// CreatePods creates one pod for each node, in the batches of
// control.SlowStartBatches: a batch begins when the one before succeeded.
type CreatePods struct {
	DaemonSet *apps.DaemonSet
	Template  v1.PodTemplateSpec
	Nodes     []string
}

// Pod is the pod for the i-th node as the controller sends it: bound to the
// node by its affinity, with generateName in place of a name. The caller gives
// it what the API server does, see control.AdmitPod.
func (a CreatePods) Pod(i int) *v1.Pod {
	template := a.Template.DeepCopy()
	template.Spec.Affinity = util.ReplaceDaemonSetPodNodeNameNodeAffinity(template.Spec.Affinity, a.Nodes[i])
	// It fails only for a parent without metadata.
	pod, _ := controller.GetPodFromTemplate(template, a.DaemonSet, metav1.NewControllerRef(a.DaemonSet, kind))
	pod.Namespace, pod.GenerateName = a.DaemonSet.Namespace, a.DaemonSet.Name+"-"
	return pod
}

// DeletePods deletes pods, all at once, with their own grace period.
type DeletePods struct {
	Pods []*v1.Pod
}

// Remember asks the caller to show a failure in the views of later syncs.
type Remember struct {
	Key     string
	Failure Failure
}

// UpdateStatus writes nothing but the status.
type UpdateStatus struct {
	DaemonSet *apps.DaemonSet // as it was
	Status    apps.DaemonSetStatus
}

// RequeueAfter is every controller's.
type RequeueAfter = control.RequeueAfter

// Retry says that the sync failed: it is to be tried again after the back-off
// of the work queue.
type Retry struct {
	Err error
}

// Event is every controller's.
type Event = control.Event

// PodCreated is the event of a pod that was created, whose name only the
// caller knows (pkg/controller/controller_utils.go, createPods).
func PodCreated(name string) Event {
	return Event{Type: v1.EventTypeNormal, Reason: controller.SuccessfulCreatePodReason, Message: "Created pod: " + name}
}

func (CreateRevision) IsAction() {}
func (UpdateRevision) IsAction() {}
func (DeleteRevision) IsAction() {}
func (CreatePods) IsAction()     {}
func (DeletePods) IsAction()     {}
func (Remember) IsAction()       {}
func (UpdateStatus) IsAction()   {}
func (Retry) IsAction()          {}
