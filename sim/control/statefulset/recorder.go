package statefulset

import (
	"context"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// recorder stands in for the clients of upstream's controller: it answers reads
// from the view and turns writes into actions. As with upstream's caches, a
// sync doesn't read back what it has written.
type recorder struct {
	view    *View
	actions []Action
}

func (r *recorder) record(a Action) { r.actions = append(r.actions, a) }

func (r *recorder) CreatePod(_ context.Context, pod *v1.Pod, _ *apps.StatefulSet) error {
	r.record(CreatePod{withOrderedVolumes(r.view.StatefulSet, pod)})
	return nil
}

func (r *recorder) GetPod(namespace, name string) (*v1.Pod, error) {
	for _, pod := range r.view.Pods {
		if pod.Name == name {
			return pod, nil
		}
	}
	return nil, apierrors.NewNotFound(v1.Resource("pods"), name)
}

func (r *recorder) UpdatePod(pod *v1.Pod, _ *apps.StatefulSet) error {
	r.record(UpdatePod{withOrderedVolumes(r.view.StatefulSet, pod)})
	return nil
}

func (r *recorder) DeletePod(pod *v1.Pod) error {
	r.record(DeletePod{pod})
	return nil
}

func (r *recorder) CreateClaim(claim *v1.PersistentVolumeClaim, _ *apps.StatefulSet) error {
	r.record(CreateClaim{claim})
	return nil
}

func (r *recorder) GetClaim(namespace, name string) (*v1.PersistentVolumeClaim, error) {
	for _, claim := range r.view.Claims {
		if claim.Name == name {
			return claim, nil
		}
	}
	return nil, apierrors.NewNotFound(v1.Resource("persistentvolumeclaims"), name)
}

func (r *recorder) UpdateClaim(claim *v1.PersistentVolumeClaim, _ *apps.StatefulSet) error {
	r.record(UpdateClaim{claim})
	return nil
}

func (r *recorder) UpdateStatefulSetStatus(_ context.Context, _ *apps.StatefulSet,
	status *apps.StatefulSetStatus) error {
	r.record(UpdateStatus{r.view.StatefulSet, *status})
	return nil
}

func (r *recorder) event(_ runtime.Object, eventType, reason, message string) {
	r.record(Event{Type: eventType, Reason: reason, Message: message})
}

// pods is upstream's hand on the pods, which writes into the recorder.
func (r *recorder) pods() *upstream.StatefulPodControl {
	return upstream.NewStatefulPodControlFromManager(r, drive.Events(r.event))
}

// sortClaims puts every run of new claims, each with the event about it, in the
// order of their names. Upstream ranges a map of templates there.
func sortClaims(actions []Action) {
	for i := 0; i < len(actions); {
		var run [][2]Action
		for j := i; j+1 < len(actions); j += 2 {
			if _, ok := actions[j].(CreateClaim); !ok {
				break
			}
			run = append(run, [2]Action{actions[j], actions[j+1]})
		}
		slices.SortFunc(run, func(a, b [2]Action) int {
			return strings.Compare(a[0].(CreateClaim).Claim.Name, b[0].(CreateClaim).Claim.Name)
		})
		for k, pair := range run {
			actions[i+2*k], actions[i+2*k+1] = pair[0], pair[1]
		}
		i += max(1, 2*len(run))
	}
}

// withOrderedVolumes is the pod with the volumes of its claims in the order of
// the templates, before all others. Upstream ranges a map of templates there.
func withOrderedVolumes(set *apps.StatefulSet, pod *v1.Pod) *v1.Pod {
	rank := func(volume v1.Volume) int {
		i := slices.IndexFunc(set.Spec.VolumeClaimTemplates, func(t v1.PersistentVolumeClaim) bool {
			return t.Name == volume.Name
		})
		if i < 0 {
			return len(set.Spec.VolumeClaimTemplates)
		}
		return i
	}
	pod = pod.DeepCopy()
	slices.SortStableFunc(pod.Spec.Volumes, func(a, b v1.Volume) int { return rank(a) - rank(b) })
	return pod
}
