package disruption

import (
	"fmt"
	"maps"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// Refusal is why the eviction subresource does not let a pod go. Code is that
// of the HTTP answer: 429 is to be tried again.
type Refusal struct {
	Code           int
	Message, Cause string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// maxDisrupted is how many evictions may be unconfirmed
// (MaxDisruptedPodSize in eviction.go).
const maxDisrupted = 2000

const violates = "Cannot evict pod as it would violate the pod's disruption budget."

// Evict decides whether a pod may be evicted under the budgets that select it
// (eviction.go, Create). When it may, status is what the budget's is to be
// then, or nil when it stays; the pod is to be deleted after its condition
// DisruptionTarget was set. Otherwise the error is a *Refusal.
func Evict(pod *v1.Pod, budgets []*policyv1.PodDisruptionBudget, now time.Time) (
	status *policyv1.PodDisruptionBudgetStatus, err error) {
	switch phase := pod.Status.Phase; {
	case phase == v1.PodSucceeded, phase == v1.PodFailed, phase == v1.PodPending, pod.DeletionTimestamp != nil:
		return nil, nil
	case len(budgets) > 1:
		return nil, &Refusal{
			Code:    500,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."}
	case len(budgets) == 0:
		return nil, nil
	}
	pdb := budgets[0]
	if !podutil.IsPodReady(pod) {
		policy := pdb.Spec.UnhealthyPodEvictionPolicy
		healthy := pdb.Status.CurrentHealthy >= pdb.Status.DesiredHealthy && pdb.Status.DesiredHealthy > 0
		if healthy || (policy != nil && *policy == policyv1.AlwaysAllow) {
			return nil, nil
		}
	}
	return decrement(pod.Name, pdb, now)
}

// decrement takes one disruption off the budget (checkAndDecrement).
func decrement(pod string, pdb *policyv1.PodDisruptionBudget, now time.Time) (*policyv1.PodDisruptionBudgetStatus,
	error) {
	forbidden := func(short, long string) error {
		return &Refusal{Code: 403, Message: fmt.Sprintf("poddisruptionbudget.policy %q is forbidden: %s", pdb.Name, short),
			Cause: fmt.Sprintf("The disruption budget %s does not allow evicting pods currently: %s", pdb.Name, long)}
	}
	switch s := pdb.Status; {
	case s.ObservedGeneration < pdb.Generation:
		return nil, &Refusal{Code: 429, Message: violates,
			Cause: fmt.Sprintf("The disruption budget %s is still being processed by the server.", pdb.Name)}
	case s.DisruptionsAllowed < 0:
		return nil, forbidden("pdb disruptions allowed is negative", "pdb disruptions allowed is negative")
	case len(s.DisruptedPods) > maxDisrupted:
		return nil, forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller",
			"too many pending evictions not confirmed by PDB controller")
	case s.DisruptionsAllowed == 0:
		return nil, &Refusal{Code: 429, Message: violates, Cause: refusalCause(pdb)}
	}
	next := pdb.DeepCopy()
	next.Status.DisruptionsAllowed--
	if next.Status.DisruptionsAllowed == 0 {
		updateCondition(next, now)
	}
	next.Status.DisruptedPods = maps.Clone(next.Status.DisruptedPods)
	if next.Status.DisruptedPods == nil {
		next.Status.DisruptedPods = map[string]metav1.Time{}
	}
	next.Status.DisruptedPods[pod] = metav1.NewTime(now)
	return &next.Status, nil
}

func refusalCause(pdb *policyv1.PodDisruptionBudget) string {
	c := apimeta.FindStatusCondition(pdb.Status.Conditions, policyv1.DisruptionAllowedCondition)
	told := c != nil && c.Status == metav1.ConditionFalse && c.Message != ""
	switch {
	case told && c.Reason == policyv1.SyncFailedReason:
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently because it failed sync: %s",
			pdb.Name, c.Message)
	case pdb.Status.CurrentHealthy <= pdb.Status.DesiredHealthy:
		return fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", pdb.Name,
			pdb.Status.DesiredHealthy, pdb.Status.CurrentHealthy)
	case told:
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently (%s): %s", pdb.Name, c.Reason,
			c.Message)
	}
	return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently", pdb.Name)
}
