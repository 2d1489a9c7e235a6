package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	deploymentcontroller "github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (w *World) changeDeployment(target ObjectRef, change func(*deployment) (*appsv1.Deployment, error)) error {
	d, known := w.deployments.get(key(target.Namespace, target.Name))
	if !known {
		return missing("Deployment", target.Name)
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
		return missing("StatefulSet", target.Name)
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
		return missing("DaemonSet", target.Name)
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
		return missing("CronJob", target.Name)
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
		w.record(record.Scaled{At: w.at(), Workload: rs.key, From: *rs.api.Spec.Replicas, To: a.Replicas, By: record.ByTimeline})
		rs.scale(a.Replicas)
		return nil
	}
	if a.Target.Kind == "StatefulSet" {
		return w.changeStatefulSet(a.Target, func(ss *statefulSet) (*appsv1.StatefulSet, error) {
			w.record(record.Scaled{At: w.at(), Workload: ss.key, From: *ss.api.Spec.Replicas, To: a.Replicas, By: record.ByTimeline})
			return statefulset.Scale(ss.api, a.Replicas), nil
		})
	}
	return w.changeDeployment(a.Target, func(d *deployment) (*appsv1.Deployment, error) {
		w.record(record.Scaled{At: w.at(), Workload: d.key, From: *d.api.Spec.Replicas, To: a.Replicas, By: record.ByTimeline})
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
			return d.turned(record.RolloutPaused, deploymentcontroller.Pause)
		case Resume:
			return d.turned(record.RolloutResumed, deploymentcontroller.Resume)
		}
		return nil, fmt.Errorf("unknown verb %q", a.Verb)
	})
}

// turned pauses or resumes its rollout; one that can't be is not told of.
func (d *deployment) turned(phase record.RolloutPhase, turn func(*appsv1.Deployment) (*appsv1.Deployment, error)) (*appsv1.Deployment, error) {
	next, err := turn(d.api)
	if err == nil {
		d.recordRollout(phase, "")
	}
	return next, err
}

// pausing is how kubectl calls the verbs that only a Deployment knows
// (polymorphichelpers/objectpauser.go and objectresumer.go).
var pausing = map[RolloutVerb]string{Pause: "pausing", Resume: "resuming"}

func (w *World) cordon(a Cordon) error {
	n, known := w.nodes[a.Node]
	if !known {
		return missing("Node", a.Node)
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
			j.delete(record.OwnerDeleted)
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
			p.delete(record.Deleted)
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
	case "Secret", "ConfigMap": // those that no manifest has are taken to exist
		if !w.absent[target] {
			w.absent[target] = true
			w.deleteOther(target)
			return nil
		}
	}
	if w.deleteOther(target) {
		return nil
	}
	return missing(target.Kind, target.Name)
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
