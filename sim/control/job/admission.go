package job

import (
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	internal "k8s.io/kubernetes/pkg/apis/batch"
	batchv1 "k8s.io/kubernetes/pkg/apis/batch/v1"
	"k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/utils/ptr"
)

// generatedLabels are those that the API server gives the pods of a Job whose
// selector it generates.
var generatedLabels = []string{internal.LegacyJobNameLabel, batch.JobNameLabel, internal.LegacyControllerUidLabel,
	batch.ControllerUidLabel}

// AdmitCreate makes of a new Job what the API server keeps
// (pkg/registry/batch/job/strategy.go, PrepareForCreate and generateSelector).
func AdmitCreate(job *batch.Job, uid types.UID, now time.Time) {
	job.UID, job.Generation = uid, 1
	job.CreationTimestamp = metav1.NewTime(now.Truncate(time.Second))
	job.Status = batch.JobStatus{}
	if ptr.Deref(job.Spec.ManualSelector, false) {
		return
	}
	for _, label := range generatedLabels {
		value := job.Name
		if label == internal.LegacyControllerUidLabel || label == batch.ControllerUidLabel {
			value = string(uid)
		}
		if _, given := job.Spec.Template.Labels[label]; !given {
			metav1.SetMetaDataLabel(&job.Spec.Template.ObjectMeta, label, value)
		}
	}
	if job.Spec.Selector == nil {
		job.Spec.Selector = &metav1.LabelSelector{}
	}
	if _, given := job.Spec.Selector.MatchLabels[batch.ControllerUidLabel]; !given {
		metav1.AddLabelToSelector(job.Spec.Selector, batch.ControllerUidLabel, string(uid))
	}
}

// StripGenerated takes off what AdmitCreate adds, so that a Job that was read
// from a cluster can be created again.
func StripGenerated(job *batch.Job) {
	if ptr.Deref(job.Spec.ManualSelector, false) || job.Spec.Selector == nil ||
		job.Spec.Selector.MatchLabels[batch.ControllerUidLabel] == "" {
		return
	}
	job.Spec.Selector = nil
	for _, label := range generatedLabels {
		delete(job.Spec.Template.Labels, label)
		delete(job.Labels, label)
	}
}

// AdmitUpdate is the Job after kubectl apply of another manifest. The error is
// the API server's answer to a change that it doesn't take
// (pkg/registry/batch/job/strategy.go, ValidateUpdate).
func AdmitUpdate(old, manifest *batch.Job) (*batch.Job, error) {
	next := old.DeepCopy()
	manifest.Spec.DeepCopyInto(&next.Spec)
	next.Labels = manifest.Labels
	for name, value := range manifest.Annotations {
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, name, value)
	}
	if !ptr.Deref(next.Spec.ManualSelector, false) {
		next.Spec.Selector = old.Spec.Selector
		for _, label := range generatedLabels {
			if value, had := old.Spec.Template.Labels[label]; had {
				metav1.SetMetaDataLabel(&next.Spec.Template.ObjectMeta, label, value)
			}
		}
	}
	if err := validateUpdate(old, next); err != nil {
		return nil, err
	}
	if !apiequality.Semantic.DeepEqual(next.Spec, old.Spec) {
		next.Generation++
	}
	return next, nil
}

func validateUpdate(old, next *batch.Job) error {
	var before, after internal.Job
	// Conversions fill their target from what they are given.
	if err := batchv1.Convert_v1_Job_To_batch_Job(old.DeepCopy(), &before, nil); err != nil {
		return err
	}
	if err := batchv1.Convert_v1_Job_To_batch_Job(next.DeepCopy(), &after, nil); err != nil {
		return err
	}
	before.ResourceVersion, after.ResourceVersion = "1", "1"
	mutable := podTemplateMutable(old)
	return validation.ValidateJobUpdate(&after, &before, validation.JobValidationOptions{
		PodValidationOptions: podutil.GetValidationOptionsFromPodTemplate(&after.Spec.Template,
			&before.Spec.Template),
		AllowMutableSchedulingDirectives: mutable,
		AllowMutablePodResources:         mutable,
	}).ToAggregate()
}

// podTemplateMutable is shouldAllowMutablePodTemplate: the pods of a suspended
// Job can be changed while there are none.
func podTemplateMutable(job *batch.Job) bool {
	suspended := findConditionByType(job.Status.Conditions, batch.JobSuspended)
	return jobSuspended(job) && job.Status.Active == 0 &&
		(job.Status.StartTime == nil || (suspended != nil && suspended.Status == v1.ConditionTrue))
}
