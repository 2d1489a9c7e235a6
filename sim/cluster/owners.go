package cluster

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// podOwner is the controller object that makes a pod: a ReplicaSet, a
// StatefulSet, a DaemonSet or a Job.
type podOwner interface {
	// enqueue tells that something about its pods changed.
	enqueue()
	// podWritten tells of any write of a pod, after which upstream's controllers
	// look again. There is a reason for that only where it changes the times of
	// other looks: when the last one failed, for this one may fail, too, and the next
	// is later.
	podWritten()
	addPod(*pod)
	// removePod tells that a pod is gone from the API.
	removePod(*pod)
	// size is that of the workload that a budget counts the pod to, an error
	// when it has none.
	size() (*disruption.Scale, error)
}

// retry adds the key if its last sync failed.
func retry(k *manager.Key) {
	if k.Failing() {
		k.Add()
	}
}

// readyWatcher is an owner that wants to know when a pod of its gets ready.
type readyWatcher interface{ podReady() }

// revisionOf is the hash of the template that a pod was made from: a
// Deployment's pod-template-hash or the ControllerRevision of another. Of a
// CronJob it is the minute in the name of the Job.
func revisionOf(o *v1.Pod, owner podOwner) string {
	if j, is := owner.(*batchJob); is && j.owner != nil {
		return strings.TrimPrefix(j.api.Name, j.owner.api.Name+"-")
	}
	if hash := o.Labels[appsv1.DefaultDeploymentUniqueLabelKey]; hash != "" {
		return hash
	}
	return o.Labels[appsv1.ControllerRevisionHashLabelKey]
}

// seenPod is the pod that a controller saw, nil when it is gone.
func (w *World) seenPod(seen *v1.Pod) *pod {
	if p, known := w.pods.get(key(seen.Namespace, seen.Name)); known && p.api.UID == seen.UID {
		return p
	}
	return nil
}

// without is a new list that lacks one element.
func without[T comparable](list []T, gone T) []T {
	i := slices.Index(list, gone)
	if i < 0 {
		return list
	}
	return slices.Concat(list[:i], list[i+1:])
}
