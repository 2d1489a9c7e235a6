package cluster

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/sim/cluster/describe"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// applyAll creates or updates objects and names those that were not refused.
// Those that the admission of others reads come first.
func (w *World) applyAll(objects []runtime.Object) (applied []string) {
	for _, first := range []bool{true, false} {
		for _, o := range objects {
			if isPolicy(o) != first {
				continue
			}
			name := objectName(o)
			if err := w.apply(o); err != nil {
				w.record(w.told("apply "+name, []string{name}, err))
				continue
			}
			applied = append(applied, name)
		}
	}
	return applied
}

func isPolicy(o runtime.Object) bool {
	switch o.(type) {
	case *schedulingv1.PriorityClass, *nodev1.RuntimeClass, *v1.LimitRange, *v1.ResourceQuota:
		return true
	}
	return false
}

// apply is kubectl apply of one object; the error is the API server's answer.
func (w *World) apply(o runtime.Object) error {
	o = o.DeepCopyObject()
	if _, isPod := o.(*v1.Pod); !isPod {
		if err := w.admission.AdmitObject(o); err != nil {
			return err
		}
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		return w.applyDeployment(o)
	case *appsv1.ReplicaSet:
		return w.applyReplicaSet(o)
	case *appsv1.StatefulSet:
		return w.applyStatefulSet(o)
	case *batchv1.Job:
		return w.applyJob(o)
	case *batchv1.CronJob:
		w.applyCronJob(o)
	case *appsv1.DaemonSet:
		return w.applyDaemonSet(o)
	case *v1.Pod:
		return w.applyPod(o)
	case *policyv1.PodDisruptionBudget:
		w.applyBudget(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		w.applyAutoscaler(o)
	case *keda.ScaledObject:
		w.applyScaledObject(o)
	case *v1.Service:
		w.applyService(o)
	case *v1.ResourceQuota:
		w.applyQuota(o)
	default:
		w.applyOther(o)
	}
	return nil
}

// applyOther keeps an object that no controller here looks at.
func (w *World) applyOther(o runtime.Object) {
	w.admission.Set(o)
	w.scheduler.upstream.Set(o)
	kind, namespace, name := nameOf(o)
	delete(w.absent, ObjectRef{Kind: kind, NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	w.others.put(kind+" "+key(namespace, name), o)
}

// immutable is the API server's answer to a change of a selector
// (pkg/registry/apps/deployment/strategy.go, ValidateUpdate, and its like).
func immutable(kind, name string, next, old *metav1.LabelSelector) error {
	faults := apivalidation.ValidateImmutableField(next, old, field.NewPath("spec", "selector"))
	if len(faults) == 0 {
		return nil
	}
	return invalid(kind, name, faults.ToAggregate())
}

// admitNew fills in the metadata that the API server gives a new object.
func (w *World) admitNew(m *metav1.ObjectMeta) {
	m.UID = w.uid()
	m.Generation = 1
	m.CreationTimestamp = metav1.NewTime(w.wall(w.loop.Now()).Truncate(1e9))
}

func (w *World) applyDeployment(o *appsv1.Deployment) error {
	k := key(o.Namespace, o.Name)
	d, known := w.deployments.get(k)
	if !known {
		w.admitNew(&o.ObjectMeta)
		o.Status = appsv1.DeploymentStatus{}
		w.addDeployment(o)
		return nil
	}
	if err := immutable("Deployment", o.Name, o.Spec.Selector, d.api.Spec.Selector); err != nil {
		return err
	}
	next := d.api.DeepCopy()
	if o.Spec.Replicas != nil && *o.Spec.Replicas != *d.api.Spec.Replicas {
		w.record(record.Scaled{At: w.at(), Workload: d.key, From: *d.api.Spec.Replicas, To: *o.Spec.Replicas, By: record.ByTimeline})
	}
	next.Spec = o.Spec
	applyMeta(&next.ObjectMeta, &o.ObjectMeta)
	d.update(next)
	return nil
}

// applyMeta takes over the labels of an applied object, and its annotations beside
// those that controllers have written.
func applyMeta(to, from *metav1.ObjectMeta) {
	to.Labels = from.Labels
	for name, value := range from.Annotations {
		metav1.SetMetaDataAnnotation(to, name, value)
	}
}

func (w *World) applyReplicaSet(o *appsv1.ReplicaSet) error {
	k := key(o.Namespace, o.Name)
	if rs, known := w.replicaSets.get(k); known {
		if err := immutable("ReplicaSet", o.Name, o.Spec.Selector, rs.api.Spec.Selector); err != nil {
			return err
		}
		if from := *rs.api.Spec.Replicas; *o.Spec.Replicas != from {
			w.record(record.Scaled{At: w.at(), Workload: rs.key, From: from, To: *o.Spec.Replicas, By: record.ByTimeline})
		}
		next := rs.api.DeepCopy()
		next.Spec = o.Spec
		rs.update(next)
		return nil
	}
	w.admitNew(&o.ObjectMeta)
	o.Status = appsv1.ReplicaSetStatus{}
	w.addReplicaSet(o, workloadKey(o.Namespace, "ReplicaSet", o.Name), nil)
	return nil
}

func (w *World) applyStatefulSet(o *appsv1.StatefulSet) error {
	ss, known := w.statefulSets.get(key(o.Namespace, o.Name))
	if !known {
		w.admitNew(&o.ObjectMeta)
		o.Status = appsv1.StatefulSetStatus{}
		w.addStatefulSet(o)
		return nil
	}
	next := ss.api.DeepCopy()
	mutable(&next.Spec, &o.Spec)
	if !apiequality.Semantic.DeepEqual(next.Spec, o.Spec) {
		return invalid("StatefulSet", o.Name, field.Forbidden(field.NewPath("spec"), onlyMutable))
	}
	if from := *ss.api.Spec.Replicas; *o.Spec.Replicas != from {
		w.record(record.Scaled{At: w.at(), Workload: ss.key, From: from, To: *o.Spec.Replicas, By: record.ByTimeline})
	}
	applyMeta(&next.ObjectMeta, &o.ObjectMeta)
	ss.update(next)
	return nil
}

func (w *World) applyJob(o *batchv1.Job) error {
	j, known := w.jobs.get(key(o.Namespace, o.Name))
	if !known {
		job.AdmitCreate(o, w.uid(), w.wall(w.loop.Now()))
		w.addJob(o, nil)
		return nil
	}
	next, err := job.AdmitUpdate(j.api, o)
	if err != nil {
		return invalid("Job", o.Name, err)
	}
	j.update(next)
	return nil
}

func (w *World) applyCronJob(o *batchv1.CronJob) {
	cj, known := w.cronJobs.get(key(o.Namespace, o.Name))
	if !known {
		w.admitNew(&o.ObjectMeta)
		o.Status = batchv1.CronJobStatus{}
		w.addCronJob(o)
		return
	}
	next := cj.api.DeepCopy()
	next.Spec = o.Spec
	applyMeta(&next.ObjectMeta, &o.ObjectMeta)
	cj.update(next)
}

// onlyMutable is the API server's answer to a change of another field
// (pkg/apis/apps/validation/validation.go, ValidateStatefulSetUpdate).
const onlyMutable = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

// mutable copies the fields of a StatefulSet that may be changed.
func mutable(to, from *appsv1.StatefulSetSpec) {
	to.Replicas, to.Ordinals, to.Template = from.Replicas, from.Ordinals, from.Template
	to.UpdateStrategy, to.RevisionHistoryLimit = from.UpdateStrategy, from.RevisionHistoryLimit
	to.PersistentVolumeClaimRetentionPolicy, to.MinReadySeconds = from.PersistentVolumeClaimRetentionPolicy, from.MinReadySeconds
}

func (w *World) applyDaemonSet(o *appsv1.DaemonSet) error {
	ds, known := w.daemonSets.get(key(o.Namespace, o.Name))
	if !known {
		w.admitNew(&o.ObjectMeta)
		o.Status = appsv1.DaemonSetStatus{}
		countTemplate(o, templateGeneration(o))
		w.addDaemonSet(o)
		return nil
	}
	if err := immutable("DaemonSet", o.Name, o.Spec.Selector, ds.api.Spec.Selector); err != nil {
		return err
	}
	next := ds.api.DeepCopy()
	next.Spec = o.Spec
	applyMeta(&next.ObjectMeta, &o.ObjectMeta)
	ds.update(next)
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
	return invalid("Pod", o.Name, field.Forbidden(field.NewPath("spec"), "pod updates may not change fields other than `spec.containers[*].image`, "+
		"`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations), "+
		"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"))
}

func (w *World) applyPod(o *v1.Pod) error {
	if p, known := w.pods.get(key(o.Namespace, o.Name)); known {
		return podChange(o, p.applied)
	}
	w.admitNew(&o.ObjectMeta)
	o.Status = v1.PodStatus{Phase: v1.PodPending}
	o.Spec.Tolerations = nodelifecycle.DefaultTolerations(o)
	applied := o.DeepCopy().Spec.Containers
	if err := w.createPod(o, workloadKey(o.Namespace, "Pod", o.Name), nil); err != nil {
		return err
	}
	p, _ := w.pods.get(key(o.Namespace, o.Name))
	p.applied = applied
	return nil
}

func (w *World) applyService(o *v1.Service) {
	w.scheduler.upstream.Set(o)
	k := key(o.Namespace, o.Name)
	if s, known := w.services.get(k); known {
		changed := !maps.Equal(s.api.Spec.Selector, o.Spec.Selector)
		s.api = o
		if changed {
			s.changed()
		}
		return
	}
	w.addService(o)
}

func workloadKey(namespace, kind, name string) string {
	return describe.WorkloadKey(namespace, kind, name)
}
