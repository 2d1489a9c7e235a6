package oracle

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
)

func preparePod(p *v1.Pod, now time.Time) {
	p.Status = v1.PodStatus{Phase: v1.PodPending, QOSClass: qos.ComputePodQOS(p)}
	if len(p.Spec.SchedulingGates) > 0 {
		p.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: v1.PodReasonSchedulingGated,
				LastTransitionTime: metav1.NewTime(now.Truncate(time.Second))}}
	}
}

// gracePeriod is how long the object may take to go
// (pkg/registry/core/pod/strategy.go, CheckGracefulDelete).
func gracePeriod(o runtime.Object, options *metav1.DeleteOptions) int64 {
	p, is := o.(*v1.Pod)
	if !is {
		return 0
	}
	period := int64(v1.DefaultTerminationGracePeriodSeconds)
	switch {
	case p.Spec.NodeName == "" || p.Status.Phase == v1.PodFailed || p.Status.Phase == v1.PodSucceeded:
		period = 0
	case options.GracePeriodSeconds != nil:
		period = *options.GracePeriodSeconds
	case p.Spec.TerminationGracePeriodSeconds != nil:
		period = *p.Spec.TerminationGracePeriodSeconds
	}
	return period
}

// graceOver reports whether nothing but finalizers keeps an object that is
// being deleted.
func graceOver(o runtime.Object) bool {
	p, is := o.(*v1.Pod)
	return !is || p.DeletionGracePeriodSeconds == nil || *p.DeletionGracePeriodSeconds == 0
}

// bind is the subresource pods/binding (pkg/registry/core/pod/storage,
// assignPod).
func (s *server) bind(namespace, name string, b *v1.Binding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds["/v1/pods"]
	o, err := s.getLocked(c, namespace, name)
	if err != nil {
		return err
	}
	p := o.DeepCopyObject().(*v1.Pod)
	switch {
	case b.UID != "" && b.UID != p.UID:
		return apierrors.NewConflict(c.resource, name, fmt.Errorf("the UID differs"))
	case p.DeletionTimestamp != nil:
		return apierrors.NewConflict(c.resource, name, fmt.Errorf("pod %s is being deleted, cannot be assigned to a host",
			name))
	case p.Spec.NodeName != "":
		return apierrors.NewConflict(c.resource, name, fmt.Errorf("pod %s is already assigned to node %q", name,
			p.Spec.NodeName))
	}
	p.Spec.NodeName = b.Target.Name
	podutil.UpdatePodCondition(&p.Status, &v1.PodCondition{Type: v1.PodScheduled, Status: v1.ConditionTrue,
		LastTransitionTime: metav1.NewTime(time.Now().Truncate(time.Second))})
	s.put(c, watch.Modified, o, p)
	return nil
}

// evict is the subresource pods/eviction
// (pkg/registry/core/pod/storage/eviction.go, Create).
func (s *server) evict(namespace, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds["/v1/pods"]
	o, err := s.getLocked(c, namespace, name)
	if err != nil {
		return err
	}
	p := o.(*v1.Pod)
	unprotected := p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed ||
		p.Status.Phase == v1.PodPending || p.DeletionTimestamp != nil
	budget, err := s.budgetOf(p)
	switch {
	case err != nil:
		return err
	case unprotected || budget == nil:
	default:
		healthyNeeded := !podutil.IsPodReady(p) && (budget.Status.CurrentHealthy >= budget.Status.DesiredHealthy &&
			budget.Status.DesiredHealthy > 0 ||
			budget.Spec.UnhealthyPodEvictionPolicy != nil && *budget.Spec.UnhealthyPodEvictionPolicy == policyv1.AlwaysAllow)
		if healthyNeeded {
			break
		}
		if err := s.takeFromBudget(budget, name); err != nil {
			return err
		}
	}
	marked := p.DeepCopy()
	podutil.UpdatePodCondition(&marked.Status, &v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue,
		Reason:  "EvictionByEvictionAPI",
		Message: "Eviction API: evicting", LastTransitionTime: metav1.NewTime(time.Now().Truncate(time.Second))})
	if p.DeletionTimestamp == nil {
		s.put(c, watch.Modified, p, marked)
	}
	_, err = s.removeLocked(c, namespace, name, &metav1.DeleteOptions{})
	return err
}

// budgetOf is the budget that selects a pod; several are an error.
func (s *server) budgetOf(p *v1.Pod) (*policyv1.PodDisruptionBudget, error) {
	var found *policyv1.PodDisruptionBudget
	for _, o := range s.kinds["policy/v1/poddisruptionbudgets"].selected(selection{namespace: p.Namespace}) {
		b := o.(*policyv1.PodDisruptionBudget)
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil || !selector.Matches(labels.Set(p.Labels)) {
			continue
		}
		if found != nil {
			return nil, apierrors.NewInternalError(
				fmt.Errorf("this pod has more than one PodDisruptionBudget, which the eviction subresource does not support"))
		}
		found = b
	}
	return found, nil
}

// takeFromBudget counts one disruption (checkAndDecrement).
func (s *server) takeFromBudget(b *policyv1.PodDisruptionBudget, pod string) error {
	refused := func() error {
		return apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
	}
	if b.Status.ObservedGeneration < b.Generation || b.Status.DisruptionsAllowed <= 0 {
		return refused()
	}
	next := b.DeepCopy()
	next.Status.DisruptionsAllowed--
	if next.Status.DisruptedPods == nil {
		next.Status.DisruptedPods = map[string]metav1.Time{}
	}
	next.Status.DisruptedPods[pod] = metav1.NewTime(time.Now().Truncate(time.Second))
	s.put(s.kinds["policy/v1/poddisruptionbudgets"], watch.Modified, b, next)
	return nil
}
