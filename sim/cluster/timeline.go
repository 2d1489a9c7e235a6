package cluster

import (
	"errors"
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// told is the record of a step, before it is known when it is told: what was
// done, to which objects, and what kubectl answered when it was refused.
func (w *World) told(text string, objects []string, err error) record.Step {
	r := record.Step{At: w.at(), Text: text, Objects: objects, Index: w.step, Source: w.sourceOf(w.step)}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// sourceOf is where a step stands, "" of what was applied at the start.
func (w *World) sourceOf(index int) string {
	if index == 0 {
		return ""
	}
	return w.spec.Timeline[index-1].Source
}

func (w *World) scheduleSteps() {
	for i, step := range w.spec.Timeline {
		w.loop.At(step.At, sim.PhaseTimeline, sim.Func(func(sim.Time) {
			w.step = i + 1
			if a, is := step.Action.(Apply); is {
				w.applyStep(a)
			} else {
				text, objects, err := w.perform(step.Action)
				w.record(w.told(text, objects, err))
			}
			w.step = 0
		}))
	}
}

// applyStep tells of the objects that were applied together, and of those that
// were refused one by one, as kubectl apply does.
func (w *World) applyStep(a Apply) {
	if applied := w.applyAll(a.Objects); len(applied) > 0 {
		w.record(w.told("apply "+strings.Join(applied, ", "), applied, nil))
	}
}

// perform does one action and says what it was, and to what. The error is for
// the reader of the records: what kubectl would have answered.
func (w *World) perform(action Action) (text string, objects []string, err error) {
	switch a := action.(type) {
	case Delete:
		return fmt.Sprintf("delete %s %s", a.Target.Kind, a.Target.Name), w.withOwner(a.Target), w.delete(a.Target)
	case Scale:
		return fmt.Sprintf("scale %s %s to %d", a.Target.Kind, a.Target.Name, a.Replicas), a.Target.object(), w.scale(a)
	case SetImage:
		text := fmt.Sprintf("set image %s %s %s=%s", a.Target.Kind, a.Target.Name, a.Container, a.Image)
		return text, a.Target.object(), w.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateImage(t, a.Container, a.Image)
		})
	case SetResources:
		text := fmt.Sprintf("set resources %s %s %s", a.Target.Kind, a.Target.Name, a.Container)
		return text, a.Target.object(), w.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateResources(t, a.Container, a.Requests, a.Limits)
		})
	case SetMetric:
		w.metrics.set(a)
		return fmt.Sprintf("set metric %s to %s", a.Name, a.Value.String()), nil, nil
	case Rollout:
		return fmt.Sprintf("rollout %s %s %s", a.Verb, a.Target.Kind, a.Target.Name), a.Target.object(), w.rollout(a)
	case Drain:
		return "drain node " + a.Node, []string{nodeObject(a.Node)}, w.drain(a)
	case Cordon:
		verb := "uncordon"
		if a.Unschedulable {
			verb = "cordon"
		}
		return verb + " node " + a.Node, []string{nodeObject(a.Node)}, w.cordon(a)
	}
	return w.performOnMachines(action)
}

// object names what a step is aimed at as Events name objects.
func (r ObjectRef) object() []string { return []string{objectText(r.Kind, r.Namespace, r.Name)} }

// withOwner names an object, and of a pod also the workload that it belongs to.
func (w *World) withOwner(r ObjectRef) []string {
	objects := r.object()
	if p, known := w.pods.get(key(r.Namespace, r.Name)); known && r.Kind == "Pod" {
		if parts := strings.SplitN(p.workload, "/", 3); len(parts) == 3 && parts[1] != "Pod" {
			objects = append(objects, objectText(parts[1], parts[0], parts[2]))
		}
	}
	return objects
}

func objectText(kind, namespace, name string) string {
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + key(namespace, name)
}

func objectName(o runtime.Object) string { return objectText(nameOf(o)) }

func nodeObject(name string) string { return objectText("Node", "", name) }

func (p *pod) object() string { return objectText("Pod", p.api.Namespace, p.api.Name) }

// resources are the kinds that steps name, as the API server calls them in its
// answers (resource.group).
var resources = map[string]string{
	"Deployment": "deployments.apps", "ReplicaSet": "replicasets.apps", "StatefulSet": "statefulsets.apps", "DaemonSet": "daemonsets.apps",
	"Job": "jobs.batch", "CronJob": "cronjobs.batch", "Pod": "pods", "Service": "services", "Node": "nodes",
	"HorizontalPodAutoscaler": "horizontalpodautoscalers.autoscaling", "ScaledObject": "scaledobjects.keda.sh",
	"PodDisruptionBudget": "poddisruptionbudgets.policy", "ResourceQuota": "resourcequotas", "LimitRange": "limitranges",
	"RuntimeClass": "runtimeclasses.node.k8s.io", "PriorityClass": "priorityclasses.scheduling.k8s.io", "Secret": "secrets", "ConfigMap": "configmaps",
}

// answer is what kubectl or the API server says, in its own words.
type answer string

func (a answer) Error() string { return string(a) }

// missing is the API server's answer about an object that is not there.
func missing(kind, name string) error {
	resource, known := resources[kind]
	if !known {
		resource = kind
	}
	return answer(fmt.Sprintf("%s %q not found", resource, name))
}

// invalid is its answer about faults of an object. Of values as long as a whole
// pod template only the field is told.
func invalid(kind, name string, fault error) error {
	faults := []error{fault}
	var several utilerrors.Aggregate
	if errors.As(fault, &several) {
		faults = several.Errors()
	}
	for i, f := range faults {
		var of *field.Error
		if text := f.Error(); errors.As(f, &of) && len(text) > 500 && of.Type == field.ErrorTypeInvalid {
			faults[i] = answer(fmt.Sprintf("%s: Invalid value: {…}: %s", of.Field, of.Detail))
		}
	}
	return answer(fmt.Sprintf("The %s %q is invalid: %s", kind, name, utilerrors.NewAggregate(faults)))
}
