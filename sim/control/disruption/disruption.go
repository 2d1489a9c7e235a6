// Package disruption decides as Kubernetes 1.37 does on voluntary disruptions:
// the status of a PodDisruptionBudget (pkg/controller/disruption) and whether
// the eviction subresource lets a pod go (pkg/registry/core/pod/storage).
package disruption

import (
	"errors"
	"fmt"
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
	// Scale is the size of the workload that a pod's controller scales: of a
	// ReplicaSet's pod, the Deployment's. It is nil when that is gone, and an
	// error when it has no size, see NoScale.
	Scale func(pod *v1.Pod) (*Scale, error)
}

// Scale is a workload and its spec.replicas.
type Scale struct {
	UID      types.UID
	Replicas int32
}

// NoScale is what the controller says of the pods of a resource such as
// daemonsets.apps, which has pods but no spec.replicas (getScaleController).
func NoScale(resource string) error {
	return fmt.Errorf("%s does not implement the scale subresource", resource)
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
	// Events are what the controller tells its users, in order.
	Events []Event
	// Err is why the budget could not be worked out; it then allows nothing.
	Err error
}

// Event is an event about the budget, or about one of its pods when Pod is set.
type Event struct {
	Pod                   string
	Type, Reason, Message string
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
	if len(v.Pods) == 0 {
		d.event(v1.EventTypeNormal, "NoPods", "No matching pods found")
	}
	if err != nil {
		d.event(v1.EventTypeWarning, "CalculateExpectedPodCountFailed",
			fmt.Sprintf("Failed to calculate the number of expected pods: %v", err))
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
	if len(unmanaged) > 0 {
		d.event(v1.EventTypeWarning, "UnmanagedPods", fmt.Sprintf(unmanagedMessage, pdb.Spec.Selector))
	}
	disrupted := v.disrupted(now, &d)
	healthy := v.healthy(disrupted, now)
	allowed := max(0, healthy-desired)
	if expected <= 0 {
		allowed = 0
	}
	s := pdb.Status
	same := s.CurrentHealthy == healthy && s.DesiredHealthy == desired && s.ExpectedPods == expected &&
		s.DisruptionsAllowed == allowed &&
		apiequality.Semantic.DeepEqual(s.DisruptedPods, disrupted) && s.ObservedGeneration == pdb.Generation &&
		pdbhelper.ConditionsAreUpToDate(pdb)
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

const unmanagedMessage = "Pods selected by this PodDisruptionBudget (selector: %v) were found to be unmanaged. " +
	"As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. " +
	"To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."

func (d *Decision) event(kind, reason, message string) {
	d.Events = append(d.Events, Event{Type: kind, Reason: reason, Message: message})
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
		scale, err := v.Scale(pod)
		switch {
		case err != nil:
			return 0, unmanaged, err
		case scale == nil:
			return 0, unmanaged, fmt.Errorf("found no controllers for pod %q", pod.Name)
		case !seen[scale.UID]:
			seen[scale.UID] = true
			sum += scale.Replicas
		}
	}
	return sum, unmanaged, nil
}

// disrupted are the pods that were let go and are still there
// (buildDisruptedPodMap).
func (v *View) disrupted(now time.Time, d *Decision) map[string]metav1.Time {
	left := map[string]metav1.Time{}
	for _, pod := range v.Pods {
		at, known := v.PDB.Status.DisruptedPods[pod.Name]
		if !known || pod.DeletionTimestamp != nil {
			continue
		}
		end := at.Add(disruption.DeletionTimeout)
		if end.Before(now) {
			// The namespace twice is upstream's slip.
			d.Events = append(d.Events, Event{Pod: pod.Name, Type: v1.EventTypeWarning, Reason: "NotDeleted",
				Message: fmt.Sprintf("Pod was expected by PDB %s/%s to be deleted but it wasn't", v.PDB.Namespace,
					v.PDB.Namespace)})
			continue
		}
		left[pod.Name] = at
		if d.Recheck.IsZero() || end.Before(d.Recheck) {
			d.Recheck = end
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
