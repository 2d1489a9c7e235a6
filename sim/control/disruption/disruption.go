// Package disruption decides as Kubernetes 1.37 does on voluntary disruptions:
// the status of a PodDisruptionBudget (pkg/controller/disruption) and whether
// the eviction subresource lets a pod go (pkg/registry/core/pod/storage).
package disruption

import (
	"errors"
	"fmt"
	"maps"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	pdbhelper "k8s.io/component-helpers/apps/poddisruptionbudget"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller/disruption"
)

// View is what the controller sees of one budget.
type View struct {
	PDB *policyv1.PodDisruptionBudget
	// Pods are those of the namespace that spec.selector selects.
	Pods []*v1.Pod
	// Scale is the UID and the size of the workload that a pod's controller
	// scales: of a ReplicaSet's pod, the Deployment's. ok is false when there
	// is none of a kind that the controller knows.
	Scale func(pod *v1.Pod) (uid types.UID, replicas int32, ok bool)
}

// Decision is the outcome of one sync.
type Decision struct {
	// Status is to be written when Changed.
	Status  policyv1.PodDisruptionBudgetStatus
	Changed bool
	// Recheck is when to sync again though nothing changes, zero for never.
	Recheck time.Time
	// Unmanaged are pods without a controller, which a percentage can't count.
	Unmanaged []string
	// Err is why the budget could not be worked out; it then allows nothing.
	Err error
}

// Sync is one sync of a budget (disruption.go, trySync and failSafe). An error
// is a fault of the view.
func Sync(v View, now time.Time) (Decision, error) {
	if v.PDB == nil || v.Scale == nil {
		return Decision{}, errors.New("pdb: must be set with a way to find scales, got nil")
	}
	pdb := v.PDB.DeepCopy()
	expected, desired, unmanaged, err := v.expected()
	d := Decision{Unmanaged: unmanaged, Err: err}
	if err != nil {
		pdb.Status.DisruptionsAllowed = 0
		if pdb.Status.Conditions == nil {
			pdb.Status.Conditions = []metav1.Condition{}
		}
		setCondition(pdb, metav1.Condition{
			Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.SyncFailedReason,
			Message: err.Error(), ObservedGeneration: pdb.Status.ObservedGeneration,
		}, now)
		d.Status, d.Changed = pdb.Status, !apiequality.Semantic.DeepEqual(pdb.Status, v.PDB.Status)
		return d, nil
	}
	disrupted := v.disrupted(now, &d.Recheck)
	healthy := v.healthy(disrupted, now)
	allowed := max(0, healthy-desired)
	if expected <= 0 {
		allowed = 0
	}
	s := pdb.Status
	same := s.CurrentHealthy == healthy && s.DesiredHealthy == desired && s.ExpectedPods == expected && s.DisruptionsAllowed == allowed &&
		apiequality.Semantic.DeepEqual(s.DisruptedPods, disrupted) && s.ObservedGeneration == pdb.Generation && pdbhelper.ConditionsAreUpToDate(pdb)
	if same {
		d.Status = s
		return d, nil
	}
	pdb.Status = policyv1.PodDisruptionBudgetStatus{
		CurrentHealthy: healthy, DesiredHealthy: desired, ExpectedPods: expected, DisruptionsAllowed: allowed,
		DisruptedPods: disrupted, ObservedGeneration: pdb.Generation, Conditions: s.Conditions,
	}
	updateCondition(pdb, now)
	d.Status, d.Changed = pdb.Status, true
	return d, nil
}

// updateCondition is pdbhelper.UpdateDisruptionAllowedCondition with the time
// of the simulation.
func updateCondition(pdb *policyv1.PodDisruptionBudget, now time.Time) {
	before := apimeta.FindStatusCondition(pdb.Status.Conditions, policyv1.DisruptionAllowedCondition)
	var old metav1.Condition
	if before != nil {
		old = *before
	}
	pdbhelper.UpdateDisruptionAllowedCondition(pdb)
	c := apimeta.FindStatusCondition(pdb.Status.Conditions, policyv1.DisruptionAllowedCondition)
	c.LastTransitionTime = old.LastTransitionTime
	if before == nil || c.Status != old.Status {
		c.LastTransitionTime = metav1.NewTime(now)
	}
}

func setCondition(pdb *policyv1.PodDisruptionBudget, c metav1.Condition, now time.Time) {
	c.LastTransitionTime = metav1.NewTime(now)
	apimeta.SetStatusCondition(&pdb.Status.Conditions, c)
}

// expected is how many pods there should be and how many of them healthy
// (getExpectedPodCount).
func (v *View) expected() (expected, desired int32, unmanaged []string, err error) {
	spec := v.PDB.Spec
	switch {
	case spec.MaxUnavailable != nil:
		if expected, unmanaged, err = v.scale(); err != nil {
			return 0, 0, unmanaged, err
		}
		n, err := intstr.GetScaledValueFromIntOrPercent(spec.MaxUnavailable, int(expected), true)
		return expected, max(0, expected-int32(n)), unmanaged, err
	case spec.MinAvailable == nil:
		return 0, 0, nil, nil
	case spec.MinAvailable.Type == intstr.Int:
		return int32(len(v.Pods)), spec.MinAvailable.IntVal, nil, nil
	}
	if expected, unmanaged, err = v.scale(); err != nil {
		return 0, 0, unmanaged, err
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(spec.MinAvailable, int(expected), true)
	return expected, int32(n), unmanaged, err
}

// scale adds up the sizes of all workloads that the pods belong to
// (getExpectedScale).
func (v *View) scale() (sum int32, unmanaged []string, err error) {
	seen := map[types.UID]bool{}
	for _, pod := range v.Pods {
		if metav1.GetControllerOf(pod) == nil {
			unmanaged = append(unmanaged, pod.Name)
			continue
		}
		uid, replicas, ok := v.Scale(pod)
		if !ok {
			return 0, unmanaged, fmt.Errorf("found no controllers for pod %q", pod.Name)
		}
		if !seen[uid] {
			seen[uid] = true
			sum += replicas
		}
	}
	return sum, unmanaged, nil
}

// disrupted are the pods that were let go and are still there
// (buildDisruptedPodMap).
func (v *View) disrupted(now time.Time, recheck *time.Time) map[string]metav1.Time {
	left := map[string]metav1.Time{}
	for _, pod := range v.Pods {
		at, known := v.PDB.Status.DisruptedPods[pod.Name]
		if !known || pod.DeletionTimestamp != nil {
			continue
		}
		if end := at.Add(disruption.DeletionTimeout); !end.Before(now) {
			left[pod.Name] = at
			if recheck.IsZero() || end.Before(*recheck) {
				*recheck = end
			}
		}
	}
	return left
}

func (v *View) healthy(disrupted map[string]metav1.Time, now time.Time) (n int32) {
	for _, pod := range v.Pods {
		at, leaving := disrupted[pod.Name]
		if pod.DeletionTimestamp != nil || (leaving && at.Add(disruption.DeletionTimeout).After(now)) {
			continue
		}
		if podutil.IsPodReady(pod) {
			n++
		}
	}
	return n
}

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
func Evict(pod *v1.Pod, budgets []*policyv1.PodDisruptionBudget, now time.Time) (status *policyv1.PodDisruptionBudgetStatus, err error) {
	switch phase := pod.Status.Phase; {
	case phase == v1.PodSucceeded, phase == v1.PodFailed, phase == v1.PodPending, pod.DeletionTimestamp != nil:
		return nil, nil
	case len(budgets) > 1:
		return nil, &Refusal{Code: 500, Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."}
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
func decrement(pod string, pdb *policyv1.PodDisruptionBudget, now time.Time) (*policyv1.PodDisruptionBudgetStatus, error) {
	forbidden := func(short, long string) error {
		return &Refusal{Code: 403, Message: fmt.Sprintf("poddisruptionbudget %q is forbidden: %s", pdb.Name, short),
			Cause: fmt.Sprintf("The disruption budget %s does not allow evicting pods currently: %s", pdb.Name, long)}
	}
	switch s := pdb.Status; {
	case s.ObservedGeneration < pdb.Generation:
		return nil, &Refusal{Code: 429, Message: violates, Cause: fmt.Sprintf("The disruption budget %s is still being processed by the server.", pdb.Name)}
	case s.DisruptionsAllowed < 0:
		return nil, forbidden("pdb disruptions allowed is negative", "pdb disruptions allowed is negative")
	case len(s.DisruptedPods) > maxDisrupted:
		return nil, forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller", "too many pending evictions not confirmed by PDB controller")
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
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently because it failed sync: %s", pdb.Name, c.Message)
	case pdb.Status.CurrentHealthy <= pdb.Status.DesiredHealthy:
		return fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", pdb.Name, pdb.Status.DesiredHealthy, pdb.Status.CurrentHealthy)
	case told:
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently (%s): %s", pdb.Name, c.Reason, c.Message)
	}
	return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently", pdb.Name)
}
