package statefulset

import (
	"context"
	"errors"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"
)

// Sync is one sync of a StatefulSet (pkg/controller/statefulset/stateful_set.go,
// syncStatefulSet): what the controller writes, in order, and last when to look
// again. An error names the field of the view that can't be, or says which
// revision can't be applied; there are no actions then.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	if v.Refused != nil {
		return refused(&v, now)
	}
	decide := ordered
	if v.StatefulSet.Spec.PodManagementPolicy == apps.ParallelPodManagement && v.StatefulSet.DeletionTimestamp == nil {
		decide = parallel
	}
	actions, status, err := decide(&v, now)
	if err != nil {
		return nil, fmt.Errorf("statefulset %s/%s: %w", v.StatefulSet.Namespace, v.StatefulSet.Name, err)
	}
	sortClaims(actions)
	if after, ok := nextCheck(&v, status, now); ok {
		actions = append(actions, RequeueAfter{After: after})
	}
	return actions, nil
}

// ordered lets upstream decide. It must not be given a StatefulSet for whose
// pods upstream starts goroutines.
func ordered(v *View, now time.Time) ([]Action, *apps.StatefulSetStatus, error) {
	r := &recorder{view: v}
	control := upstream.NewDefaultStatefulSetControl(r.pods(), r, r)
	status, err := control.UpdateStatefulSet(quiet, v.StatefulSet, v.Pods, now)
	return r.actions, status, err
}

// refused is a sync whose revision the API server does not take. It deletes
// revisions beyond the limit, as every sync does, and fails.
func refused(v *View, now time.Time) ([]Action, error) {
	actions, _, err := ordered(v, now) // it never comes to the pods
	if !errors.Is(err, v.Refused) {
		return nil, fmt.Errorf("statefulset %s/%s: must fail for %w, got %v", v.StatefulSet.Namespace, v.StatefulSet.Name,
			v.Refused, err)
	}
	return actions, nil
}

// nextCheck is when the next ready pod becomes available, if there is one that
// isn't yet.
func nextCheck(v *View, status *apps.StatefulSetStatus, now time.Time) (time.Duration, bool) {
	minReady := v.StatefulSet.Spec.MinReadySeconds
	if minReady <= 0 || status == nil || status.ReadyReplicas == status.AvailableReplicas {
		return 0, false
	}
	if after := controller.FindMinNextPodAvailabilityCheck(v.Pods, minReady, now, instant{now}); after != nil {
		return *after, true
	}
	return time.Duration(minReady) * time.Second, true
}

// instant is a clock that stands still.
type instant struct{ now time.Time }

func (i instant) Now() time.Time                  { return i.now }
func (i instant) Since(t time.Time) time.Duration { return i.now.Sub(t) }

// quiet drops what upstream logs: it goes into events and the status where it
// matters.
var quiet = klog.NewContext(context.Background(), klog.Logger{})

var _ upstream.StatefulPodControlObjectManager = (*recorder)(nil)

func terminating(pod *v1.Pod) bool { return pod.DeletionTimestamp != nil }
