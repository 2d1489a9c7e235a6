package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	deploymentcontroller "github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (w *World) scheduleSteps() {
	for _, step := range w.spec.Timeline {
		w.loop.At(step.At, sim.PhaseTimeline, sim.Func(func(sim.Time) {
			text, err := w.perform(step.Action)
			if err != nil {
				text += ": " + err.Error()
			}
			w.record(record.Step{At: w.at(), Text: text})
		}))
	}
}

// perform does one action and says what it was. The error is for the reader of
// the records: what kubectl would have answered.
func (w *World) perform(action Action) (string, error) {
	switch a := action.(type) {
	case Apply:
		w.applyAll(a.Objects)
		return fmt.Sprintf("apply %s", namesOf(a.Objects)), nil
	case Delete:
		return fmt.Sprintf("delete %s %s", a.Target.Kind, a.Target.Name), w.delete(a.Target)
	case Scale:
		return fmt.Sprintf("scale %s %s to %d", a.Target.Kind, a.Target.Name, a.Replicas), w.scale(a)
	case SetImage:
		text := fmt.Sprintf("set image %s %s %s=%s", a.Target.Kind, a.Target.Name, a.Container, a.Image)
		return text, w.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateImage(t, a.Container, a.Image)
		})
	case SetResources:
		text := fmt.Sprintf("set resources %s %s %s", a.Target.Kind, a.Target.Name, a.Container)
		return text, w.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateResources(t, a.Container, a.Requests, a.Limits)
		})
	case SetMetric:
		w.metrics.set(a)
		return fmt.Sprintf("set metric %s to %s", a.Name, a.Value.String()), nil
	case Rollout:
		return fmt.Sprintf("rollout %s %s %s", a.Verb, a.Target.Kind, a.Target.Name), w.rollout(a)
	case Drain:
		return "drain node " + a.Node, w.drain(a)
	case Cordon:
		verb := "uncordon"
		if a.Unschedulable {
			verb = "cordon"
		}
		return verb + " node " + a.Node, w.cordon(a)
	}
	return w.performOnMachines(action)
}

func namesOf(objects []runtime.Object) string {
	text := ""
	for i, o := range objects {
		if i > 0 {
			text += ", "
		}
		kind, namespace, name := nameOf(o)
		text += kind + " " + key(namespace, name)
	}
	return text
}

func (w *World) changeDeployment(target ObjectRef, change func(*deployment) (*appsv1.Deployment, error)) error {
	d, known := w.deployments.get(key(target.Namespace, target.Name))
	if !known {
		return fmt.Errorf("deployments.apps %q not found", target.Name)
	}
	next, err := change(d)
	if err != nil {
		return err
	}
	d.update(next)
	return nil
}

func (w *World) changeStatefulSet(target ObjectRef, change func(*statefulSet) (*appsv1.StatefulSet, error)) error {
	ss, known := w.statefulSets.get(key(target.Namespace, target.Name))
	if !known {
		return fmt.Errorf("statefulsets.apps %q not found", target.Name)
	}
	next, err := change(ss)
	if err != nil || apiequality.Semantic.DeepEqual(next, ss.api) {
		return err // a write that changes nothing is told to nobody
	}
	ss.update(next)
	return nil
}

func (w *World) changeDaemonSet(target ObjectRef, change func(*daemonSet) (*appsv1.DaemonSet, error)) error {
	ds, known := w.daemonSets.get(key(target.Namespace, target.Name))
	if !known {
		return fmt.Errorf("daemonsets.apps %q not found", target.Name)
	}
	next, err := change(ds)
	if err != nil || apiequality.Semantic.DeepEqual(next, ds.api) {
		return err // a write that changes nothing is told to nobody
	}
	ds.update(next)
	return nil
}

func (w *World) changeCronJob(target ObjectRef, change func(next *batchv1.CronJob) error) error {
	cj, known := w.cronJobs.get(key(target.Namespace, target.Name))
	if !known {
		return fmt.Errorf("cronjobs.batch %q not found", target.Name)
	}
	next := cj.api.DeepCopy()
	if err := change(next); err != nil {
		return err
	}
	cj.update(next)
	return nil
}

// changeTemplate changes the pod template of a workload.
func (w *World) changeTemplate(target ObjectRef, change func(*v1.PodTemplateSpec) error) error {
	switch target.Kind {
	case "DaemonSet":
		return w.changeDaemonSet(target, func(ds *daemonSet) (*appsv1.DaemonSet, error) {
			next := ds.api.DeepCopy()
			return next, change(&next.Spec.Template)
		})
	case "StatefulSet":
		return w.changeStatefulSet(target, func(ss *statefulSet) (*appsv1.StatefulSet, error) {
			next := ss.api.DeepCopy()
			return next, change(&next.Spec.Template)
		})
	case "CronJob":
		return w.changeCronJob(target, func(next *batchv1.CronJob) error { return change(&next.Spec.JobTemplate.Spec.Template) })
	}
	return w.changeDeployment(target, func(d *deployment) (*appsv1.Deployment, error) {
		next := d.api.DeepCopy()
		return next, change(&next.Spec.Template)
	})
}

func (w *World) scale(a Scale) error {
	if rs, known := w.replicaSets.get(key(a.Target.Namespace, a.Target.Name)); known && a.Target.Kind == "ReplicaSet" {
		w.record(record.Scaled{At: w.at(), Workload: rs.key, From: *rs.api.Spec.Replicas, To: a.Replicas, By: "timeline"})
		rs.scale(a.Replicas)
		return nil
	}
	if a.Target.Kind == "StatefulSet" {
		return w.changeStatefulSet(a.Target, func(ss *statefulSet) (*appsv1.StatefulSet, error) {
			w.record(record.Scaled{At: w.at(), Workload: ss.key, From: *ss.api.Spec.Replicas, To: a.Replicas, By: "timeline"})
			return statefulset.Scale(ss.api, a.Replicas), nil
		})
	}
	return w.changeDeployment(a.Target, func(d *deployment) (*appsv1.Deployment, error) {
		w.record(record.Scaled{At: w.at(), Workload: d.key, From: *d.api.Spec.Replicas, To: a.Replicas, By: "timeline"})
		return deploymentcontroller.Scale(d.api, a.Replicas), nil
	})
}

func (w *World) rollout(a Rollout) error {
	switch a.Target.Kind {
	case "DaemonSet":
		return w.changeDaemonSet(a.Target, func(ds *daemonSet) (*appsv1.DaemonSet, error) {
			switch a.Verb {
			case Undo:
				return daemonset.RolloutUndo(ds.api, ds.revisions, a.ToRevision)
			case Restart:
				return daemonset.RolloutRestart(ds.api, w.wall(w.loop.Now()))
			}
			return nil, fmt.Errorf("daemonsets.apps %q %s is not supported", a.Target.Name, pausing[a.Verb])
		})
	case "StatefulSet":
		return w.changeStatefulSet(a.Target, func(ss *statefulSet) (*appsv1.StatefulSet, error) {
			switch a.Verb {
			case Undo:
				return statefulset.RolloutUndo(ss.api, ss.revisions, a.ToRevision)
			case Restart:
				return statefulset.RolloutRestart(ss.api, w.wall(w.loop.Now()))
			}
			return nil, fmt.Errorf("statefulsets.apps %q %s is not supported", a.Target.Name, pausing[a.Verb])
		})
	}
	return w.changeDeployment(a.Target, func(d *deployment) (*appsv1.Deployment, error) {
		switch a.Verb {
		case Undo:
			return deploymentcontroller.RolloutUndo(d.api, d.apiReplicaSets(), a.ToRevision)
		case Restart:
			return deploymentcontroller.RolloutRestart(d.api, w.wall(w.loop.Now()))
		case Pause:
			d.recordRollout("paused", "")
			return deploymentcontroller.Pause(d.api)
		case Resume:
			d.recordRollout("resumed", "")
			return deploymentcontroller.Resume(d.api)
		}
		return nil, fmt.Errorf("unknown verb %q", a.Verb)
	})
}

// pausing is how kubectl calls the verbs that only a Deployment knows
// (polymorphichelpers/objectpauser.go and objectresumer.go).
var pausing = map[RolloutVerb]string{Pause: "pausing", Resume: "resuming"}

func (w *World) cordon(a Cordon) error {
	n, known := w.nodes[a.Node]
	if !known {
		return fmt.Errorf("nodes %q not found", a.Node)
	}
	next := n.api.DeepCopy()
	next.Spec.Unschedulable = a.Unschedulable
	n.update(next)
	return nil
}

// delete removes an object as kubectl delete does, with its dependents in the
// background.
func (w *World) delete(target ObjectRef) error {
	k := key(target.Namespace, target.Name)
	switch target.Kind {
	case "Deployment":
		if d, known := w.deployments.get(k); known {
			d.delete()
			return nil
		}
	case "StatefulSet":
		if ss, known := w.statefulSets.get(k); known {
			ss.delete()
			return nil
		}
	case "Job":
		if j, known := w.jobs.get(k); known {
			j.delete("owner-deleted")
			return nil
		}
	case "CronJob":
		if cj, known := w.cronJobs.get(k); known {
			cj.delete()
			return nil
		}
	case "DaemonSet":
		if ds, known := w.daemonSets.get(k); known {
			ds.delete()
			return nil
		}
	case "ReplicaSet":
		if rs, known := w.replicaSets.get(k); known {
			rs.delete()
			return nil
		}
	case "Pod":
		if p, known := w.pods.get(k); known {
			p.delete("deleted")
			return nil
		}
	case "HorizontalPodAutoscaler":
		if a, known := w.autoscalers.get(k); known {
			a.delete()
			return nil
		}
	case "ScaledObject":
		if s, known := w.scaledObjects.get(k); known {
			s.delete()
			return nil
		}
	case "PodDisruptionBudget":
		if b, known := w.budgets.get(k); known {
			b.delete()
			return nil
		}
	case "Service":
		if s, known := w.services.get(k); known {
			s.delete()
			return nil
		}
	case "Secret", "ConfigMap":
		w.absent[target] = true
		w.deleteOther(target)
		return nil
	}
	if w.deleteOther(target) {
		return nil
	}
	return fmt.Errorf("%s %q not found", target.Kind, target.Name)
}

// deleteOther deletes an object that no controller here looks at.
func (w *World) deleteOther(target ObjectRef) bool {
	k := target.Kind + " " + key(target.Namespace, target.Name)
	o, known := w.others.get(k)
	if !known {
		return false
	}
	w.others.remove(k)
	w.admission.Unset(target.Kind, target.Namespace, target.Name)
	w.scheduler.upstream.Unset(o)
	w.replenish(o, nil)
	return true
}
