package statefulset

import (
	"fmt"
	"strconv"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"
)

var kind = apps.SchemeGroupVersion.WithKind("StatefulSet")

// fill puts pods that are yet to be created where replicas are missing, of the
// current revision below the partition and of the update revision from there on
// (stateful_set_utils.go, newVersionedStatefulSetPod).
func (s *parallelSync) fill() error {
	restored := map[string]*apps.StatefulSet{}
	for i, pod := range s.replicas {
		if pod != nil {
			continue
		}
		revision := s.update
		if i < s.old() {
			revision = s.current
		}
		if restored[revision.Name] == nil {
			set, err := upstream.ApplyRevision(s.set, revision)
			if err != nil {
				return err
			}
			restored[revision.Name] = set
		}
		s.replicas[i] = newPod(restored[revision.Name], revision.Name, start(s.set)+i)
	}
	return nil
}

// old is how many replicas, from the first, keep the current revision.
func (s *parallelSync) old() int {
	strategy := s.set.Spec.UpdateStrategy
	switch {
	case strategy.RollingUpdate != nil:
		return int(*strategy.RollingUpdate.Partition)
	case strategy.Type == apps.RollingUpdateStatefulSetStrategyType:
		return int(s.set.Status.CurrentReplicas)
	}
	return 0
}

// newPod is the pod of an ordinal and a revision; the set is that as of the
// revision (newStatefulSetPod).
func newPod(set *apps.StatefulSet, revision string, ordinal int) *v1.Pod {
	// It fails only for a parent without metadata.
	pod, _ := controller.GetPodFromTemplate(&set.Spec.Template, set, metav1.NewControllerRef(set, kind))
	pod.Namespace, pod.Name = set.Namespace, fmt.Sprintf("%s-%d", set.Name, ordinal)
	pod.Labels[apps.StatefulSetPodNameLabel] = pod.Name
	pod.Labels[apps.PodIndexLabel] = strconv.Itoa(ordinal)
	pod.Labels[apps.StatefulSetRevisionLabel] = revision
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
			PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{
				ClaimName: fmt.Sprintf("%s-%s-%d", t.Name, set.Name, ordinal)},
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
