package statefulset

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// locked lets upstream's goroutines record.
type locked struct {
	*recorder
	mu sync.Mutex
}

func (l *locked) CreatePod(ctx context.Context, pod *v1.Pod, set *apps.StatefulSet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder.CreatePod(ctx, pod, set)
}

func (l *locked) UpdatePod(pod *v1.Pod, set *apps.StatefulSet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder.UpdatePod(pod, set)
}

func (l *locked) DeletePod(pod *v1.Pod) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder.DeletePod(pod)
}

func (l *locked) CreateClaim(claim *v1.PersistentVolumeClaim, set *apps.StatefulSet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder.CreateClaim(claim, set)
}

func (l *locked) UpdateClaim(claim *v1.PersistentVolumeClaim, set *apps.StatefulSet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder.UpdateClaim(claim, set)
}

func (l *locked) event(o runtime.Object, eventType, reason, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recorder.event(o, eventType, reason, message)
}

// lines are actions without an order, and without the requeue.
func lines(actions []Action) []string {
	var all []string
	for _, a := range actions {
		switch a := a.(type) {
		case CreatePod:
			all = append(all, "create "+text(a.Pod))
		case UpdatePod:
			all = append(all, "update "+text(a.Pod))
		case DeletePod:
			all = append(all, "delete "+a.Pod.Name)
		case CreateClaim:
			all = append(all, "create claim "+text(a.Claim))
		case UpdateClaim:
			all = append(all, "update claim "+text(a.Claim))
		case CreateRevision:
			all = append(all, fmt.Sprint("create revision ", a.Revision.Revision, " ", text(a.Revision)))
		case UpdateRevision:
			all = append(all, fmt.Sprint("update revision ", a.Revision.Revision, " ", text(a.Revision)))
		case DeleteRevision:
			all = append(all, "delete revision "+a.Revision.Name)
		case UpdateStatus:
			set := &apps.StatefulSet{Status: a.Status}
			all = append(all, "status "+text(set))
		case Event:
			all = append(all, fmt.Sprint("event ", a))
		}
	}
	return slices.Sorted(slices.Values(all))
}

// TestParallelDecidesAsUpstreamInEverySituation asks upstream's decision with
// goroutines in all situations of random stories, and in those as they were if
// rollingUpdate had been left out.
func TestParallelDecidesAsUpstreamInEverySituation(t *testing.T) {
	situations, doomed := 0, 0
	check := func(v View, now time.Time) []Action {
		r := &recorder{view: &v}
		l := &locked{recorder: r}
		control := upstream.NewDefaultStatefulSetControl(upstream.NewStatefulPodControlFromManager(l, drive.Events(l.event)),
			r, r)
		_, err := control.UpdateStatefulSet(quiet, v.StatefulSet, v.Pods, now)
		require.NoError(t, err)
		ours, err := Sync(v, now)
		require.NoError(t, err)
		require.Equal(t, lines(r.actions), lines(ours))
		situations++
		return ours
	}
	for seed := range uint64(60) {
		_, err := tellDriven(1000+seed, func(v View, now time.Time) ([]Action, error) {
			if v.StatefulSet.Spec.PodManagementPolicy == apps.ParallelPodManagement {
				without := v
				without.StatefulSet = v.StatefulSet.DeepCopy()
				without.StatefulSet.Spec.UpdateStrategy = apps.StatefulSetUpdateStrategy{
					Type: apps.RollingUpdateStatefulSetStrategyType}
				if stillborn(check(without, now)) {
					doomed++
				}
				check(v, now)
			}
			return Sync(v, now)
		})
		require.NoError(t, err)
	}
	require.Greater(t, situations, 1000)
	require.Positive(t, doomed, "a pod that is created and deleted in one sync")
}

func stillborn(actions []Action) bool {
	all := strings.Join(lines(actions), "\n")
	for _, a := range actions {
		if c, ok := a.(CreatePod); ok && strings.Contains(all, "delete "+c.Pod.Name) {
			return true
		}
	}
	return false
}
