package describe

import (
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// matching are the templates that a selector matches; one that can't be read
// matches none.
func matching(templates []Template, namespace string, selector *metav1.LabelSelector) (list []Template) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	for _, t := range templates {
		if t.Namespace == namespace && parsed.Matches(labels.Set(t.Labels)) {
			list = append(list, t)
		}
	}
	return list
}

// selectorOf is the selector of a workload, and its key.
func selectorOf(object runtime.Object, table *kinds.Table) (namespace, key string, selector *metav1.LabelSelector) {
	k := table.Of(object)
	if k == nil || k.Selector == nil {
		return "", "", nil
	}
	o := object.(kinds.Object)
	return o.GetNamespace(), kinds.WorkloadKey(o.GetNamespace(), k.Kind, o.GetName()), k.Selector(o)
}

// AlsoSelected are the other workloads whose pods the selector of one matches,
// by the key of that one.
func AlsoSelected(objects []runtime.Object, table *kinds.Table, templates []Template) map[string][]string {
	also := map[string][]string{}
	for _, object := range objects {
		namespace, own, selector := selectorOf(object, table)
		if selector == nil {
			continue
		}
		for _, t := range matching(templates, namespace, selector) {
			if t.Key != own {
				also[own] = append(also[own], t.Key)
			}
		}
	}
	return also
}

// Service describes a Service with the workloads behind it.
func Service(o *v1.Service, templates []Template) record.Service {
	service := record.Service{Key: o.Namespace + "/" + o.Name}
	if len(o.Spec.Selector) == 0 {
		return service
	}
	selector := labels.SelectorFromSet(o.Spec.Selector)
	for _, t := range templates {
		if t.Namespace == o.Namespace && selector.Matches(labels.Set(t.Labels)) {
			service.Workloads = append(service.Workloads, t.Key)
		}
	}
	return service
}

// Budget describes a PodDisruptionBudget and what the disruption controller
// allows while all expected pods are healthy (pkg/controller/disruption,
// getExpectedPodCount).
func Budget(o *policyv1.PodDisruptionBudget, templates []Template) record.DisruptionBudget {
	field, bound := disruption.Bound(o)
	b := record.DisruptionBudget{Key: o.Namespace + "/" + o.Name, Rule: record.BudgetRule{Field: field, Bound: bound}}
	for _, t := range matching(templates, o.Namespace, o.Spec.Selector) {
		b.Workloads = append(b.Workloads, t.Key)
		b.Expected += t.Replicas
	}
	b.Allows = disruption.BudgetAllows(o, b.Expected)
	return b
}
