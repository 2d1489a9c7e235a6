package custom

import (
	"slices"
	"sort"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	upstream "k8s.io/kubernetes/pkg/controller"
)

// RevisionLabel is on every pod, with the sum of the template that it was made from.
const RevisionLabel = "controller-revision-hash"

// View is what is seen of one object. It is read-only.
type View struct {
	// Replicas are the pods that there are to be.
	Replicas int
	// Revision is that of the template.
	Revision string
	// Together says that all pods are made anew when one of them is.
	Together bool
	// Lost says that a pod of a group that restarts together has gone since the group
	// was made, without having been one too many.
	Lost bool
	// Pods are those of the object, terminating ones included, in the order they came.
	Pods []*v1.Pod
	// Removed are the pods that were deleted because there were too many.
	Removed map[types.UID]bool
}

// Deletion is a pod to delete.
type Deletion struct {
	Pod    *v1.Pod
	Reason Reason
}

// Reason is why a pod is deleted.
type Reason int

const (
	// OldTemplate: it was made of another template than there is now.
	OldTemplate Reason = iota
	// WithOthers: another pod of a group that restarts together has restarted, failed or
	// gone.
	WithOthers
	// Ended: it has failed.
	Ended
	// TooMany: there are more than there are to be.
	TooMany
)

// Plan is what to do now: either of them, or nothing.
type Plan struct {
	Delete []Deletion
	Create int
}

// Sync decides what to do about the pods of an object.
func Sync(v View) (p Plan) {
	for _, pod := range v.Pods {
		if pod.DeletionTimestamp != nil {
			continue
		}
		switch {
		case pod.Labels[RevisionLabel] != v.Revision:
			p.Delete = append(p.Delete, Deletion{pod, OldTemplate})
		case v.Together && v.broken():
			p.Delete = append(p.Delete, Deletion{pod, WithOthers})
		case pod.Status.Phase == v1.PodFailed:
			p.Delete = append(p.Delete, Deletion{pod, Ended})
		}
	}
	switch {
	case len(p.Delete) > 0:
		return p
	case v.waits():
		return Plan{}
	}
	kept, alive := 0, []*v1.Pod(nil)
	for _, pod := range v.Pods {
		switch {
		case pod.DeletionTimestamp != nil:
		case pod.Status.Phase == v1.PodSucceeded:
			kept++
		default:
			alive = append(alive, pod)
		}
	}
	if missing := v.Replicas - kept - len(alive); missing >= 0 {
		return Plan{Create: missing}
	}
	sort.Stable(upstream.ActivePods(alive))
	for _, pod := range alive[:min(len(alive), kept+len(alive)-v.Replicas)] {
		p.Delete = append(p.Delete, Deletion{pod, TooMany})
	}
	return p
}

// broken reports whether one of pods that restart together has restarted, failed, or is
// on its way out, and that not because there are too many.
func (v *View) broken() bool {
	return v.Lost || slices.ContainsFunc(v.Pods, func(pod *v1.Pod) bool {
		if v.Removed[pod.UID] || pod.Labels[RevisionLabel] != v.Revision {
			return false
		}
		return pod.DeletionTimestamp != nil || pod.Status.Phase == v1.PodFailed ||
			slices.ContainsFunc(pod.Status.ContainerStatuses, func(s v1.ContainerStatus) bool { return s.RestartCount > 0 })
	})
}

// waits reports whether pods have to be gone before new ones are made: those of an old
// template, and of a group that restarts.
func (v *View) waits() bool {
	return slices.ContainsFunc(v.Pods, func(pod *v1.Pod) bool {
		return pod.DeletionTimestamp != nil && !v.Removed[pod.UID] &&
			(v.Together || pod.Labels[RevisionLabel] != v.Revision)
	})
}
