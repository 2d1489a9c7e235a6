package oracle

import (
	"reflect"
	"time"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

// member is a field of an object of the API, invalid when it has none.
func member(o runtime.Object, name string) reflect.Value {
	return reflect.ValueOf(o).Elem().FieldByName(name)
}

// prepareForCreate does what the strategies of pkg/registry do to new objects:
// defaults, and no status but the API server's own.
func prepareForCreate(o runtime.Object, now time.Time) {
	legacyscheme.Scheme.Default(o)
	switch o := o.(type) {
	case *v1.Node:
	case *v1.Pod:
		preparePod(o, now)
	case *batch.Job:
		o.Status = batch.JobStatus{}
	default:
		if status := member(o, "Status"); status.IsValid() {
			status.SetZero()
		}
	}
}

// completeCreation does what needs the object's name and UID.
func completeCreation(o runtime.Object) {
	if j, is := o.(*batch.Job); is {
		labelJob(j)
	}
}

// prepareForUpdate lets a write of an object keep the status, one of the status
// all but that, and counts the generations.
func prepareForUpdate(subresource string, o, before runtime.Object) {
	spec, status := member(o, "Spec"), member(o, "Status")
	if subresource == "status" {
		spec.Set(member(before, "Spec"))
		if d, is := o.(*apps.Deployment); is {
			d.Labels = before.(*apps.Deployment).Labels
		}
		if p, is := o.(*v1.Pod); is {
			p.OwnerReferences, p.Labels = before.(*v1.Pod).OwnerReferences, before.(*v1.Pod).Labels
		}
		return
	}
	if status.IsValid() {
		status.Set(member(before, "Status"))
	}
	if !spec.IsValid() {
		return
	}
	changed := !apiequality.Semantic.DeepEqual(spec.Interface(), member(before, "Spec").Interface())
	if d, is := o.(*apps.Deployment); is {
		changed = changed || !apiequality.Semantic.DeepEqual(d.Annotations, before.(*apps.Deployment).Annotations)
	}
	if changed {
		m := accessor(o)
		m.SetGeneration(accessor(before).GetGeneration() + 1)
	}
}

// same reports whether a write changes nothing.
func same(a, b runtime.Object) bool { return apiequality.Semantic.DeepEqual(a, b) }

// labelJob generates a Job's selector
// (pkg/registry/batch/job/strategy.go, generateSelector).
func labelJob(j *batch.Job) {
	if j.Spec.ManualSelector != nil && *j.Spec.ManualSelector {
		return
	}
	labels := &j.Spec.Template.Labels
	if *labels == nil {
		*labels = map[string]string{}
	}
	for _, name := range []string{"job-name", batch.JobNameLabel} {
		(*labels)[name] = j.Name
	}
	for _, name := range []string{"controller-uid", batch.ControllerUidLabel} {
		(*labels)[name] = string(j.UID)
	}
	j.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batch.ControllerUidLabel: string(j.UID)}}
}
