package extension_test

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsconversion "k8s.io/kubernetes/pkg/apis/apps/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	coreconversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	upstream "k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var replicationController = v1.SchemeGroupVersion.WithKind("ReplicationController")

// replicationControllers adds the kind that ReplicaSets came after.
func replicationControllers() manager.Extension {
	return manager.Extension{
		Kinds: []kinds.Kind{{
			GroupVersionKind: replicationController,
			Resource:         v1.Resource("replicationcontrollers"),
			Zero:             &v1.ReplicationController{}, Recorded: true,
			Makes:    []string{kinds.Pod},
			Template: func(o kinds.Object) *v1.PodTemplateSpec { return o.(*v1.ReplicationController).Spec.Template },
			Scale: &kinds.Scale{
				Replicas: func(o kinds.Object) **int32 { return &o.(*v1.ReplicationController).Spec.Replicas },
				Current:  func(o kinds.Object) int32 { return o.(*v1.ReplicationController).Status.Replicas },
			},
			Selector: func(o kinds.Object) *metav1.LabelSelector {
				return &metav1.LabelSelector{MatchLabels: o.(*v1.ReplicationController).Spec.Selector}
			},
			Verbs:    kinds.Verbs{Scale: true, SetTemplate: true},
			Revision: func(pod *v1.Pod, _, _ kinds.Object) string { return pod.Spec.Containers[0].Image },
			Validate: validate,
		}},
		New: func(p *manager.Parts) (manager.Component, error) {
			p.SetStrategy(replicationController.Kind, strategy{})
			return &controller{
				Parts:      p,
				Controller: p.Server.NewController(manager.Options{Workers: 5, Latency: 15 * time.Millisecond}),
				states:     map[types.UID]*state{},
			}, nil
		},
	}
}

// validate is pkg/registry/core/replicationcontroller/strategy.go, Validate.
func validate(o kinds.Object) field.ErrorList {
	var rc core.ReplicationController
	if err := coreconversion.Convert_v1_ReplicationController_To_core_ReplicationController(o.(*v1.ReplicationController),
		&rc, nil); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return corevalidation.ValidateReplicationController(&rc, podutil.GetValidationOptionsFromPodTemplate(rc.Spec.Template,
		nil))
}

// strategy is the API server's (pkg/registry/core/replicationcontroller/strategy.go).
type strategy struct{}

func (strategy) PrepareForCreate(o kinds.Object) {
	o.(*v1.ReplicationController).Status = v1.ReplicationControllerStatus{}
}

func (strategy) PrepareForUpdate(old, next kinds.Object) error {
	from, to := old.(*v1.ReplicationController), next.(*v1.ReplicationController)
	to.Status, to.Generation = from.Status, from.Generation
	if *to.Spec.Replicas != *from.Spec.Replicas {
		to.Generation++
	}
	return nil
}

// controller looks after all ReplicationControllers: as upstream, by the decisions
// of the ReplicaSet controller, over a conversion (pkg/controller/replication).
type controller struct {
	*manager.Parts
	manager.Controller
	states map[types.UID]*state
}

type state struct {
	c       *controller
	api     *v1.ReplicationController
	work    manager.Key
	names   *apiserver.Names
	failed  error // the first refusal of the sync under way
	visible sim.Time
	deleted bool
}

// Start implements manager.Component.
func (c *controller) Start(sim.Time) {}

// Close implements manager.Component.
func (c *controller) Close(sim.Time) {}

// Changed implements apiserver.Watcher.
func (c *controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*v1.ReplicationController)
	if !is {
		return
	}
	rc := c.states[o.UID]
	switch {
	case change.New == nil:
		rc.deleted = true
		rc.work.Drop()
		delete(c.states, o.UID)
		return
	case rc == nil:
		rc = &state{c: c, names: c.Names(o.Namespace+"/"+o.Name, o.Namespace)}
		rc.work.Init(c.Queue, rc.sync)
		c.states[o.UID] = rc
	}
	rc.api = o
	rc.work.Add()
}

// PodChanged implements apiserver.PodWatcher.
func (c *controller) PodChanged(change apiserver.PodChange) {
	if rc := c.states[change.Pod.Owner()]; rc != nil && change.Concerns == apiserver.Everybody {
		rc.work.Add()
	}
}

func (rc *state) sync(now sim.Time) {
	if now < rc.visible { // it does not see yet what it wrote itself
		rc.work.Done(true)
		return
	}
	seen, pods := rc.api, rc.c.PodObjectsOf(rc.api.UID)
	set, err := toReplicaSet(seen)
	rc.c.Fail(err)
	actions, err := replicaset.Sync(replicaset.View{ReplicaSet: set, Pods: pods, Related: pods}, rc.c.Wall(now))
	rc.c.Fail(err)
	rc.failed = nil
	rc.carryOut(now, seen, actions)
}

// carryOut does the actions one after the other, each when the one before is
// answered.
func (rc *state) carryOut(now sim.Time, seen *v1.ReplicationController, actions []replicaset.Action) {
	if len(actions) == 0 || rc.deleted {
		rc.work.Done(rc.failed != nil)
		return
	}
	client := rc.c.Client
	next := func(at sim.Time) { rc.carryOut(at, seen, actions[1:]) }
	switch a := actions[0].(type) {
	case replicaset.CreatePods:
		client.InBatches(now, control.SlowStartBatches(a.Count), rc.createPod, func() { client.Event(seen.UID) },
			func(at sim.Time, _ int) { next(at) })
	case replicaset.DeletePods:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
			if p := rc.c.Seen(a.Pods[i]); p != nil {
				p.Delete(apiserver.Why{Reason: record.ScaledDown})
			}
		}, func(int, sim.Time) {}, next)
	case replicaset.UpdateStatus:
		client.Write(func(at sim.Time) { rc.writeStatus(at, seen, a.Status) }, next)
	case replicaset.RequeueAfter:
		rc.work.AddAfter(a.After)
		next(now)
	default: // an Event
		client.Event(seen.UID)
		next(now)
	}
}

func (rc *state) createPod(_ int, now sim.Time) bool {
	if rc.deleted {
		return true
	}
	pod, err := upstream.GetPodFromTemplate(rc.api.Spec.Template, rc.api,
		metav1.NewControllerRef(rc.api, replicationController))
	rc.c.Fail(err)
	pod.Name, pod.Namespace = rc.names.Next(rc.api.Name+"-"), rc.api.Namespace
	control.AdmitPod(pod, rc.c.UID(), rc.c.Wall(now))
	if _, err := rc.c.CreatePod(pod); err != nil {
		rc.failed = err
		return false
	}
	rc.visible = now.Add(manager.WatchTime)
	return true
}

// writeStatus sends the status into the object as it was seen.
func (rc *state) writeStatus(now sim.Time, seen *v1.ReplicationController, status appsv1.ReplicaSetStatus) {
	if rc.deleted {
		return
	}
	next := seen.DeepCopy()
	next.Status = v1.ReplicationControllerStatus{
		Replicas: status.Replicas, FullyLabeledReplicas: status.FullyLabeledReplicas,
		ReadyReplicas: status.ReadyReplicas, AvailableReplicas: status.AvailableReplicas,
		ObservedGeneration: status.ObservedGeneration,
	}
	if err := rc.c.UpdateStatus(seen, next); err != nil {
		rc.failed = err
		return
	}
	rc.visible = now.Add(manager.WatchTime)
}

// toReplicaSet is pkg/controller/replication/conversion.go, convertRCtoRS.
func toReplicaSet(rc *v1.ReplicationController) (*appsv1.ReplicaSet, error) {
	var internal apps.ReplicaSet
	if err := coreconversion.Convert_v1_ReplicationController_To_apps_ReplicaSet(rc, &internal, nil); err != nil {
		return nil, fmt.Errorf("ReplicationController %s/%s: %w", rc.Namespace, rc.Name, err)
	}
	var set appsv1.ReplicaSet
	if err := appsconversion.Convert_apps_ReplicaSet_To_v1_ReplicaSet(&internal, &set, nil); err != nil {
		return nil, fmt.Errorf("ReplicationController %s/%s: %w", rc.Namespace, rc.Name, err)
	}
	return &set, nil
}
