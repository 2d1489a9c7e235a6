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
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// Templates are the pods that the objects of a run make, by their labels.
type Templates struct {
	index selection.Index[Template]
}

// Add takes in what an object makes.
func (t *Templates) Add(made Template) { t.index.Add(made.Namespace, made.Labels, made) }

// matching are the templates that a selector matches; one that can't be read
// matches none.
func (t *Templates) matching(namespace string, selector *metav1.LabelSelector) []Template {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	return t.index.Matching(namespace, parsed)
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
func AlsoSelected(objects []runtime.Object, table *kinds.Table, templates *Templates) map[string][]string {
	also := map[string][]string{}
	for _, object := range objects {
		namespace, own, selector := selectorOf(object, table)
		if selector == nil {
			continue
		}
		for _, t := range templates.matching(namespace, selector) {
			if t.Key != own {
				also[own] = append(also[own], t.Key)
			}
		}
	}
	return also
}

// Service describes a Service with the workloads behind it.
func Service(o *v1.Service, templates *Templates) record.Service {
	service := record.Service{Key: o.Namespace + "/" + o.Name}
	if len(o.Spec.Selector) == 0 {
		return service
	}
	for _, t := range templates.index.Matching(o.Namespace, labels.SelectorFromSet(o.Spec.Selector)) {
		service.Workloads = append(service.Workloads, t.Key)
	}
	return service
}

// Budget describes a PodDisruptionBudget and what the disruption controller
// allows while all expected pods are healthy (pkg/controller/disruption,
// getExpectedPodCount).
func Budget(o *policyv1.PodDisruptionBudget, templates *Templates) record.DisruptionBudget {
	field, bound := disruption.Bound(o)
	b := record.DisruptionBudget{Key: o.Namespace + "/" + o.Name, Rule: record.BudgetRule{Field: field, Bound: bound}}
	for _, t := range templates.matching(o.Namespace, o.Spec.Selector) {
		b.Workloads = append(b.Workloads, t.Key)
		b.Expected += t.Replicas
	}
	b.Allows = disruption.BudgetAllows(o, b.Expected)
	return b
}
