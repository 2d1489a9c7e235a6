package cluster

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// podTemplate is the pods of a workload, for who selects them.
type podTemplate struct {
	key, namespace string
	labels         map[string]string
	replicas       int32
}

// matching are the templates that a selector matches; one that can't be read
// matches none.
func matching(templates []podTemplate, namespace string, selector *metav1.LabelSelector) (list []podTemplate) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	for _, t := range templates {
		if t.namespace == namespace && parsed.Matches(labels.Set(t.labels)) {
			list = append(list, t)
		}
	}
	return list
}

// selectorOf is the selector of a workload, and its key.
func selectorOf(object runtime.Object) (namespace, key string, selector *metav1.LabelSelector) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return o.Namespace, workloadKey(o.Namespace, "Deployment", o.Name), o.Spec.Selector
	case *appsv1.ReplicaSet:
		return o.Namespace, workloadKey(o.Namespace, "ReplicaSet", o.Name), o.Spec.Selector
	case *appsv1.StatefulSet:
		return o.Namespace, workloadKey(o.Namespace, "StatefulSet", o.Name), o.Spec.Selector
	case *appsv1.DaemonSet:
		return o.Namespace, workloadKey(o.Namespace, "DaemonSet", o.Name), o.Spec.Selector
	}
	return "", "", nil
}

// describeSelectors notes whose pods each workload's selector matches, and what
// the budgets allow.
func (s *Spec) describeSelectors(run *record.Run, templates []podTemplate) {
	also := map[string][]string{}
	for _, object := range s.Objects {
		if b, is := object.(*policyv1.PodDisruptionBudget); is {
			run.Budgets = append(run.Budgets, describeBudget(b, templates))
		}
		namespace, own, selector := selectorOf(object)
		if selector == nil {
			continue
		}
		for _, t := range matching(templates, namespace, selector) {
			if t.key != own {
				also[own] = append(also[own], t.key)
			}
		}
	}
	for i := range run.Workloads {
		run.Workloads[i].AlsoSelects = also[run.Workloads[i].Key]
	}
}

// describeBudget computes what the disruption controller allows while all
// expected pods are healthy (pkg/controller/disruption, getExpectedPodCount).
func describeBudget(o *policyv1.PodDisruptionBudget, templates []podTemplate) record.DisruptionBudget {
	b := record.DisruptionBudget{Key: key(o.Namespace, o.Name)}
	for _, t := range matching(templates, o.Namespace, o.Spec.Selector) {
		b.Workloads = append(b.Workloads, t.key)
		b.Expected += t.replicas
	}
	scaled := func(bound *intstr.IntOrString) int32 {
		n, err := intstr.GetScaledValueFromIntOrPercent(bound, int(b.Expected), true)
		if err != nil {
			return 0 // which validation excludes
		}
		return int32(n)
	}
	switch {
	case o.Spec.MaxUnavailable != nil:
		b.Rule, b.Allows = fmt.Sprintf("maxUnavailable %s", o.Spec.MaxUnavailable), scaled(o.Spec.MaxUnavailable)
	case o.Spec.MinAvailable != nil:
		b.Rule, b.Allows = fmt.Sprintf("minAvailable %s", o.Spec.MinAvailable), max(0, b.Expected-scaled(o.Spec.MinAvailable))
	default:
		b.Rule, b.Allows = "no bound", b.Expected
	}
	return b
}

// startBudget is after which time a probe kills a container that does not
// listen: a probe fails at once where nobody does.
func startBudget(c *v1.Container) (after sim.Time, probe string) {
	p, probe := c.StartupProbe, "startup"
	if p == nil {
		p, probe = c.LivenessProbe, "liveness"
	}
	if p == nil {
		return 0, ""
	}
	seconds := p.InitialDelaySeconds + p.PeriodSeconds*p.FailureThreshold
	return sim.Time(time.Duration(seconds) * time.Second), probe
}
