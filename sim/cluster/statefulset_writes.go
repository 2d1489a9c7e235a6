package cluster

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// write carries out one write of the StatefulSet controller.
func (ss *statefulSet) write(now sim.Time, action statefulset.Action) {
	switch a := action.(type) {
	case statefulset.CreateRevision:
		r := a.Revision.DeepCopy()
		r.UID, r.CreationTimestamp = ss.world.uid(), metav1.NewTime(ss.world.wall(now).Truncate(1e9))
		ss.revisions = append(slices.Clone(ss.revisions), r)
	case statefulset.UpdateRevision:
		ss.revisions = replaced(ss.revisions, a.Revision)
	case statefulset.DeleteRevision:
		ss.revisions = slices.DeleteFunc(slices.Clone(ss.revisions), func(r *appsv1.ControllerRevision) bool { return r.Name == a.Revision.Name })
	case statefulset.CreateClaim:
		claim := a.Claim.DeepCopy()
		if err := ss.world.admission.AdmitObject(claim); err != nil {
			ss.world.refused(ss.key, claim, err)
			ss.refused = true
			return
		}
		ss.world.taken(ss.key, "PersistentVolumeClaim")
		claim.UID = ss.world.uid()
		ss.world.madeClaims.put(key(claim.Namespace, claim.Name), claim)
		ss.claims = append(slices.Clone(ss.claims), claim)
		ss.world.provideClaim(claim)
	case statefulset.UpdateClaim:
		ss.claims = replaced(ss.claims, a.Claim)
	case statefulset.CreatePod:
		ss.createPod(now, a.Pod)
	case statefulset.UpdatePod:
		if p := ss.world.seenPod(a.Pod); p != nil {
			p.write(func(next *v1.Pod) {
				next.Labels, next.Annotations, next.Spec.Volumes = a.Pod.Labels, a.Pod.Annotations, a.Pod.Spec.Volumes
			})
			ss.enqueue()
		}
	case statefulset.DeletePod:
		// By name: it can be a pod that the same sync has made.
		if p, known := ss.world.pods.get(key(a.Pod.Namespace, a.Pod.Name)); known {
			p.delete(ss.deletionReason(p.api))
		}
	case statefulset.UpdateStatus:
		next := ss.api.DeepCopy()
		next.Status = a.Status
		ss.api = next
		ss.enqueue()
		ss.followRollout()
	}
}

// replaced is the list with another version of the object of the same name.
func replaced[T metav1.Object](list []T, next T) []T {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, func(old T) bool { return old.GetName() == next.GetName() }); i >= 0 {
		list[i] = next
	}
	return list
}

// createPod is refused, for one, while a pod of this name is there that isn't
// the StatefulSet's: one of a deleted StatefulSet that still terminates, or a
// bare one.
func (ss *statefulSet) createPod(now sim.Time, template *v1.Pod) {
	o := template.DeepCopy()
	control.AdmitPod(o, ss.world.uid(), ss.world.wall(now))
	if err := ss.world.createPod(o, ss.key, ss); err != nil {
		ss.refused = true
	}
}

// deletionReason is why the controller deletes a pod: it has ended, there are
// too many, or it is of an old revision.
func (ss *statefulSet) deletionReason(o *v1.Pod) record.Deletion {
	switch {
	case o.Status.Phase == v1.PodFailed || o.Status.Phase == v1.PodSucceeded:
		return record.EndedBefore
	case ss.condemned(o):
		return record.ScaledDown
	}
	return record.RolledOut
}

func (ss *statefulSet) firstOrdinal() int {
	if ss.api.Spec.Ordinals != nil {
		return int(ss.api.Spec.Ordinals.Start)
	}
	return 0
}

// condemned reports whether a pod's ordinal is out of range.
func (ss *statefulSet) condemned(o *v1.Pod) bool {
	first, ordinal := ss.firstOrdinal(), ordinalOf(o)
	return ordinal < first || ordinal >= first+int(*ss.api.Spec.Replicas)
}

// collectClaims is the garbage collector: claims go with the pod or the
// StatefulSet that the retention policy made their owner.
func (ss *statefulSet) collectClaims(gone types.UID) {
	ss.claims = slices.DeleteFunc(slices.Clone(ss.claims), func(claim *v1.PersistentVolumeClaim) bool {
		owned := slices.ContainsFunc(claim.OwnerReferences, func(ref metav1.OwnerReference) bool { return ref.UID == gone })
		if owned {
			ss.world.dropClaim(claim.Namespace, claim.Name)
		}
		return owned
	})
}

// followRollout records the turns of a rollout. It is complete when kubectl
// rollout status says so (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
func (ss *statefulSet) followRollout() {
	if s := ss.api.Status; s.UpdateRevision != ss.revision {
		ss.revision, ss.phase = s.UpdateRevision, record.RolloutStarted
		ss.recordRollout(record.RolloutStarted)
		return
	}
	if ss.phase == record.RolloutStarted && ss.rolledOut() {
		ss.phase = record.RolloutComplete
		ss.recordRollout(record.RolloutComplete)
	}
}

func (ss *statefulSet) rolledOut() bool {
	s, replicas := ss.api.Status, *ss.api.Spec.Replicas
	if s.ObservedGeneration != ss.api.Generation || s.ReadyReplicas < replicas {
		return false
	}
	if r := ss.api.Spec.UpdateStrategy.RollingUpdate; r != nil && r.Partition != nil && *r.Partition > 0 {
		return s.UpdatedReplicas >= replicas-*r.Partition
	}
	return s.UpdatedReplicas >= replicas
}

func (ss *statefulSet) recordRollout(phase record.RolloutPhase) {
	r := record.Rollout{At: ss.world.at(), Workload: ss.key, Phase: phase, Revision: ss.revision}
	for _, c := range ss.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	ss.world.record(r)
}
