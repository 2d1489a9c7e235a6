package cronjob

import (
	"fmt"
	"maps"
	"time"

	batch "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	batchv1 "k8s.io/kubernetes/pkg/apis/batch/v1"
	"k8s.io/utils/ptr"
)

var kind = batch.SchemeGroupVersion.WithKind("CronJob")

// getJobName names the Job of a scheduled time by its minute, so that none is
// made twice. Schedules are no finer than that.
func getJobName(cj *batch.CronJob, scheduled time.Time) string {
	return fmt.Sprintf("%s-%d", cj.Name, scheduled.Unix()/60)
}

// getJobFromTemplate2 is the Job as the controller sends it (utils.go).
func getJobFromTemplate2(cj *batch.CronJob, scheduled time.Time) (*batch.Job, error) {
	zone, err := time.LoadLocation(ptr.Deref(cj.Spec.TimeZone, ""))
	if err != nil {
		return nil, err
	}
	template := &cj.Spec.JobTemplate
	job := &batch.Job{ObjectMeta: metav1.ObjectMeta{
		Namespace: cj.Namespace, Name: getJobName(cj, scheduled), CreationTimestamp: metav1.Time{Time: scheduled},
		Labels: map[string]string{}, Annotations: map[string]string{},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(cj, kind)},
	}}
	maps.Copy(job.Labels, template.Labels)
	maps.Copy(job.Annotations, template.Annotations)
	job.Annotations[batch.CronJobScheduledTimestampAnnotation] = scheduled.In(zone).Format(time.RFC3339)
	template.Spec.DeepCopyInto(&job.Spec)
	return job, nil
}

// DefaultJob fills in what the API server does in a Job that is sent to it; a
// CronJob holds its Jobs without.
func DefaultJob(job *batch.Job) { batchv1.SetObjectDefaults_Job(job) }

// NewJob is any Job of the CronJob, with its defaults.
func NewJob(cj *batch.CronJob) *batch.Job {
	job := &batch.Job{ObjectMeta: metav1.ObjectMeta{Namespace: cj.Namespace, Name: cj.Name}}
	cj.Spec.JobTemplate.Spec.DeepCopyInto(&job.Spec)
	DefaultJob(job)
	return job
}
