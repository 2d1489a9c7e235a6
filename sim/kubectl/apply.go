package kubectl

import (
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ApplyAll creates or updates objects and names those that were not refused.
// Those that the admission of others reads come first.
func (u *User) ApplyAll(objects []runtime.Object) (applied []string) {
	for _, first := range []bool{true, false} {
		for _, o := range objects {
			k := u.Kinds.Of(o)
			if (k != nil && k.Policy) != first {
				continue
			}
			name := u.objectName(o)
			if err := u.apply(o); err != nil {
				u.Record(u.told("apply "+name, []string{name}, err))
				continue
			}
			applied = append(applied, name)
		}
	}
	return applied
}

// apply is kubectl apply of one object; the error is the API server's answer.
func (u *User) apply(o runtime.Object) error {
	k := u.Kinds.Of(o)
	if k == nil {
		return fmt.Errorf("no matches for kind %q", u.Kinds.NameOf(o))
	}
	next := o.DeepCopyObject().(kinds.Object)
	if pod, is := next.(*v1.Pod); is {
		return u.applyPod(pod)
	}
	old := u.Get(k.Kind, next.GetNamespace(), next.GetName())
	if old == nil {
		sent := maps.Clone(next.GetAnnotations())
		if err := u.Create(next, apiserver.Request{}); err != nil {
			return err
		}
		u.annotations[next.GetUID()] = sent
		return nil
	}
	if err := u.Admission.AdmitObject(next); err != nil {
		return err
	}
	u.keepMeta(next, old)
	return u.Replace(old, next, func() {
		if k.Scale == nil {
			return
		}
		if from, to := **k.Scale.Replicas(old), **k.Scale.Replicas(next); from != to {
			u.recordScaled(old, from, to)
		}
	})
}

// keepMeta completes an applied object: beside its own annotations it keeps those
// that others have written, but not those of the manifest that was applied before
// (k8s.io/kubectl/pkg/util/apply.go and the three-way merge that follows).
func (u *User) keepMeta(next, old kinds.Object) {
	sent, merged := next.GetAnnotations(), maps.Clone(old.GetAnnotations())
	for name := range u.annotations[old.GetUID()] {
		delete(merged, name)
	}
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, sent)
	if len(merged) == 0 {
		merged = nil
	}
	next.SetAnnotations(merged)
	next.SetUID(old.GetUID())
	next.SetGeneration(old.GetGeneration())
	next.SetCreationTimestamp(old.GetCreationTimestamp())
	next.SetOwnerReferences(old.GetOwnerReferences())
	u.annotations[old.GetUID()] = sent
}

func (u *User) recordScaled(o kinds.Object, from, to int32) {
	u.Record(record.Scaled{At: u.At(), Workload: u.WorkloadOf(o), From: from, To: to, By: record.ByTimeline})
}

func (u *User) applyPod(o *v1.Pod) error {
	if p := u.Pod(o.Namespace, o.Name); p != nil {
		return podChange(o, u.applied[p.Object().UID])
	}
	o.UID, o.Generation, o.CreationTimestamp = u.UID(), 1, metav1.NewTime(u.WallNow().Truncate(1e9))
	o.Status = v1.PodStatus{Phase: v1.PodPending}
	o.Spec.Tolerations = nodelifecycle.DefaultTolerations(o)
	applied := o.DeepCopy().Spec.Containers
	if _, err := u.CreatePod(o); err != nil {
		return err
	}
	u.applied[o.UID] = applied
	return nil
}

// podChange is the API server's answer to other containers of a pod
// (pkg/apis/core/validation/validation.go, ValidatePodUpdate). It would take
// another image, which is not simulated.
func podChange(o *v1.Pod, applied []v1.Container) error {
	if apiequality.Semantic.DeepEqual(applied, o.Spec.Containers) {
		return nil
	}
	like := slices.Clone(applied)
	for i := range min(len(like), len(o.Spec.Containers)) {
		like[i].Image = o.Spec.Containers[i].Image
	}
	if apiequality.Semantic.DeepEqual(like, o.Spec.Containers) {
		return fmt.Errorf("another image of a running pod is not simulated")
	}
	return apiserver.Invalid(kinds.Pod, o.Name, field.Forbidden(field.NewPath("spec"),
		"pod updates may not change fields other than `spec.containers[*].image`, "+
			"`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations), "+
			"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"))
}
