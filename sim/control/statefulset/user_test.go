package statefulset

import (
	"maps"
	"math/rand/v2"
	"slices"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

func sortedNames(m map[string]object) []string { return slices.Sorted(maps.Keys(m)) }

// db is a StatefulSet after the API server's defaulting.
func db(replicas int32) *apps.StatefulSet {
	labels := map[string]string{"app": "db"}
	retain := apps.RetainPersistentVolumeClaimRetentionPolicyType
	return &apps.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: "default"},
		Spec: apps.StatefulSetSpec{
			Replicas:    &replicas,
			Selector:    &metav1.LabelSelector{MatchLabels: labels},
			ServiceName: "db",
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "v1"}}},
			},
			PodManagementPolicy: apps.OrderedReadyPodManagement,
			UpdateStrategy: apps.StatefulSetUpdateStrategy{
				Type: apps.RollingUpdateStatefulSetStrategyType,
				RollingUpdate: &apps.RollingUpdateStatefulSetStrategy{
					Partition: ptr.To[int32](0), MaxUnavailable: ptr.To(intstr.FromInt32(1)),
				},
			},
			RevisionHistoryLimit: ptr.To[int32](10),
			PersistentVolumeClaimRetentionPolicy: &apps.StatefulSetPersistentVolumeClaimRetentionPolicy{
				WhenDeleted: retain, WhenScaled: retain,
			},
		},
	}
}

// randomSet draws the settings of the story.
func (w *world) randomSet() *apps.StatefulSet {
	r := w.draws("settings")
	set := db(r.Int32N(6))
	spec := &set.Spec
	if r.IntN(2) == 0 {
		spec.PodManagementPolicy = apps.ParallelPodManagement
	}
	spec.UpdateStrategy = randomStrategy(r, spec.PodManagementPolicy)
	spec.MinReadySeconds = []int32{0, 0, 1, 7, 20}[r.IntN(5)]
	spec.RevisionHistoryLimit = ptr.To([]int32{0, 1, 2, 10}[r.IntN(4)])
	if r.IntN(3) == 0 {
		spec.Ordinals = &apps.StatefulSetOrdinals{Start: r.Int32N(4)}
	}
	for i := range r.IntN(3) {
		name := []string{"data", "cache"}[i]
		spec.VolumeClaimTemplates = append(spec.VolumeClaimTemplates,
			v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}})
		spec.Template.Spec.Volumes = append(spec.Template.Spec.Volumes, v1.Volume{Name: name}, v1.Volume{Name: "own-" + name})
		if r.IntN(2) == 0 {
			spec.PersistentVolumeClaimRetentionPolicy.WhenScaled = apps.DeletePersistentVolumeClaimRetentionPolicyType
		}
		if r.IntN(2) == 0 {
			spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted = apps.DeletePersistentVolumeClaimRetentionPolicyType
		}
	}
	return set
}

// randomStrategy leaves out rollingUpdate, which defaulting allows, only for
// OrderedReady: with Parallel upstream may create a pod of the current revision
// and delete it at once, for ever.
func randomStrategy(r *rand.Rand, policy apps.PodManagementPolicyType) apps.StatefulSetUpdateStrategy {
	if r.IntN(7) == 0 {
		return apps.StatefulSetUpdateStrategy{Type: apps.OnDeleteStatefulSetStrategyType}
	}
	s := apps.StatefulSetUpdateStrategy{Type: apps.RollingUpdateStatefulSetStrategyType}
	if r.IntN(10) == 0 && policy == apps.OrderedReadyPodManagement {
		return s
	}
	s.RollingUpdate = &apps.RollingUpdateStatefulSetStrategy{
		Partition: ptr.To([]int32{0, 0, 0, 1, 3}[r.IntN(5)]),
		MaxUnavailable: []*intstr.IntOrString{
			ptr.To(intstr.FromInt32(1)), ptr.To(intstr.FromInt32(2)), ptr.To(intstr.FromInt32(4)),
			ptr.To(intstr.FromString("50%")), ptr.To(intstr.FromString("1%")),
		}[r.IntN(5)],
	}
	return s
}

// step is one thing that somebody does.
func (w *world) step(r *rand.Rand) {
	set := w.set()
	next := set.DeepCopy()
	switch r.IntN(12) {
	case 0, 1, 2:
		next.Spec.Template.Spec.Containers[0].Image = []string{"v1", "v2", "v3", "v4"}[r.IntN(4)]
	case 3, 4:
		next.Spec.Replicas = ptr.To(r.Int32N(6))
	case 5:
		next.Spec.UpdateStrategy = randomStrategy(r, next.Spec.PodManagementPolicy)
	case 6:
		next.Spec.MinReadySeconds = r.Int32N(9)
	case 7:
		next.Spec.RevisionHistoryLimit = ptr.To(r.Int32N(3))
		next.Spec.Ordinals = &apps.StatefulSetOrdinals{Start: r.Int32N(3)}
	default:
		w.misfortune(r)
		return
	}
	_, _ = w.update(setsResource, next, false)
}

// misfortune befalls some pod: it gets unready, fails, is deleted, or somebody
// meddles with its labels.
func (w *world) misfortune(r *rand.Rand) {
	pods := list[*v1.Pod](w.store, podsResource)
	if len(pods) == 0 {
		return
	}
	pod := pods[r.IntN(len(pods))]
	switch r.IntN(5) {
	case 0:
		w.ready(pod.Name, pod.UID, v1.ConditionFalse)
	case 1:
		w.end(pod.Name, pod.UID, v1.PodFailed)
	case 2:
		delete(pod.Labels, apps.StatefulSetPodNameLabel)
		_, _ = w.update(podsResource, pod, false)
	default:
		_ = w.delete(podsResource, pod.Name)
	}
}
