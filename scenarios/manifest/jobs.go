package manifest

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"

	"github.com/kube-rehearse/rehearse/sim/control/job"
)

// validateJob checks a Job with the selector that the API server will generate
// (pkg/registry/batch/job/strategy.go, Validate).
func validateJob(o runtime.Object) field.ErrorList {
	versioned, err := scheme.ConvertToVersion(o.DeepCopyObject(), batchv1.SchemeGroupVersion)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	created := versioned.(*batchv1.Job)
	job.AdmitCreate(created, "00000000-0000-4000-8000-000000000000", time.Time{})
	internal, err := scheme.ConvertToVersion(created, batch.SchemeGroupVersion)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	j := internal.(*batch.Job)
	return batchvalidation.ValidateJobCreate(j, batchvalidation.JobValidationOptions{
		PodValidationOptions: podutil.GetValidationOptionsFromPodTemplate(&j.Spec.Template, nil), RequirePrefixedLabels: true,
	})
}

// spent says why an object that was read from a cluster is not created again, ""
// when it is.
func spent(o runtime.Object) string {
	if p, is := o.(*v1.Pod); is && (p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed) {
		return "over already: " + string(p.Status.Phase)
	}
	j, is := o.(*batchv1.Job)
	if !is {
		return ""
	}
	if j.Spec.ManagedBy != nil && *j.Spec.ManagedBy != batchv1.JobControllerName {
		return "its pods are missing: it is managed by " + *j.Spec.ManagedBy
	}
	if finished, kind := jobutil.FinishedCondition(j); finished {
		return "over already: " + string(kind)
	}
	job.StripGenerated(j)
	return ""
}
