package statefulset

import (
	"fmt"
	"strconv"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"
)

var kind = apps.SchemeGroupVersion.WithKind("StatefulSet")

// newPod is the pod of an ordinal, of the current revision below the partition
// and of the update revision from there on (stateful_set_utils.go,
// newVersionedStatefulSetPod).
func (s *parallelSync) newPod(ordinal int) *v1.Pod {
	revision := s.update
	strategy, old := s.set.Spec.UpdateStrategy, 0
	switch {
	case strategy.RollingUpdate != nil:
		old = int(*strategy.RollingUpdate.Partition)
	case strategy.Type == apps.RollingUpdateStatefulSetStrategyType:
		old = int(s.set.Status.CurrentReplicas)
	}
	if ordinal < start(s.set)+old {
		revision = s.current
	}
	set := revision.set
	// It fails only for a parent without metadata.
	pod, _ := controller.GetPodFromTemplate(&set.Spec.Template, set, metav1.NewControllerRef(set, kind))
	pod.Namespace, pod.Name = set.Namespace, fmt.Sprintf("%s-%d", set.Name, ordinal)
	pod.Labels[apps.StatefulSetPodNameLabel] = pod.Name
	pod.Labels[apps.PodIndexLabel] = strconv.Itoa(ordinal)
	pod.Labels[apps.StatefulSetRevisionLabel] = revision.name
	pod.Spec.Hostname, pod.Spec.Subdomain = pod.Name, set.Spec.ServiceName
	pod.Spec.Volumes = withClaims(set, pod.Spec.Volumes, ordinal)
	return pod
}

// withClaims are the volumes of a pod: one per claim template, which replaces
// any of its name, then the others (updateStorage).
func withClaims(set *apps.StatefulSet, volumes []v1.Volume, ordinal int) []v1.Volume {
	var list []v1.Volume
	claimed := map[string]bool{}
	for _, t := range set.Spec.VolumeClaimTemplates {
		claimed[t.Name] = true
		list = append(list, v1.Volume{Name: t.Name, VolumeSource: v1.VolumeSource{
			PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: fmt.Sprintf("%s-%s-%d", t.Name, set.Name, ordinal)},
		}})
	}
	for _, volume := range volumes {
		if !claimed[volume.Name] {
			list = append(list, volume)
		}
	}
	return list
}

func revisionOf(pod *v1.Pod) string { return pod.Labels[apps.StatefulSetRevisionLabel] }

// start is the first ordinal.
func start(set *apps.StatefulSet) int {
	if set.Spec.Ordinals == nil {
		return 0
	}
	return int(set.Spec.Ordinals.Start)
}
