package admission

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	quota "k8s.io/apiserver/pkg/quota/v1"
)

// tally is what each pod of a namespace adds to a ResourceQuota. Upstream adds
// up all pods each time; with thousands of them that would be most of a rollout's
// cost, so only the pods that changed since the last time are looked at again.
type tally struct {
	parts   map[string]v1.ResourceList // by pod
	sum     v1.ResourceList
	touched map[string]*v1.Pod // since the last time; nil is gone
	ending  map[string]*v1.Pod // those that terminate: what they use goes down with time
}

func quotaKey(q *v1.ResourceQuota) string { return q.Namespace + "/" + q.Name }

// touch notes that a pod is new, changed, or with pod nil gone.
func (a *Admission) touch(namespace, name string, pod *v1.Pod) {
	for _, q := range a.quotas[namespace] {
		if t := a.tallies[quotaKey(q)]; t != nil {
			t.touched[name] = pod
		}
	}
}

// podUsage is what the pods of its namespace use of a quota's resources.
func (a *Admission) podUsage(q *v1.ResourceQuota) v1.ResourceList {
	t := a.tallies[quotaKey(q)]
	if t == nil {
		t = &tally{parts: map[string]v1.ResourceList{}, touched: map[string]*v1.Pod{}, ending: map[string]*v1.Pod{}}
		a.tallies[quotaKey(q)] = t
		for _, o := range a.list(pods.GroupResource(), q.Namespace) {
			if pod, is := o.(*v1.Pod); is {
				t.touched[pod.Name] = pod
			}
		}
	}
	e := a.evaluators.Get(pods.GroupResource())
	for name, pod := range t.ending {
		if _, again := t.touched[name]; !again {
			t.touched[name] = pod
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.touched)) {
		pod := t.touched[name]
		delete(t.ending, name)
		if pod != nil && pod.DeletionTimestamp != nil {
			t.ending[name] = pod
		}
		if old, known := t.parts[name]; known {
			t.sum = quota.Subtract(t.sum, old)
			delete(t.parts, name)
		}
		if part := partOf(q, e, pod); part != nil {
			t.sum = quota.Add(t.sum, part)
			t.parts[name] = part
		}
	}
	clear(t.touched)
	return t.sum
}

// partOf is what a pod adds to a quota, nil when it is gone or out of the
// quota's scopes (pkg/quota/v1/generic/evaluator.go, CalculateUsageStats).
func partOf(q *v1.ResourceQuota, e quota.Evaluator, pod *v1.Pod) v1.ResourceList {
	if pod == nil {
		return nil
	}
	var scopes []v1.ScopedResourceSelectorRequirement
	for _, scope := range q.Spec.Scopes {
		scopes = append(scopes, v1.ScopedResourceSelectorRequirement{ScopeName: scope, Operator: v1.ScopeSelectorOpExists})
	}
	if q.Spec.ScopeSelector != nil {
		scopes = append(scopes, q.Spec.ScopeSelector.MatchExpressions...)
	}
	matching, err := e.MatchingScopes(pod, scopes)
	if err != nil || len(matching) < len(scopes) {
		return nil
	}
	usage, err := e.Usage(pod)
	if err != nil {
		return nil
	}
	return usage
}
