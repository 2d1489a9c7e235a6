package cronjob

import (
	"fmt"
	"time"
	_ "time/tzdata" // so that every machine knows the zones

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/reference"
	"k8s.io/kubernetes/pkg/util/parsers"
	"k8s.io/utils/ptr"
)

// cronSync is one sync under way.
type cronSync struct {
	view *View
	now  time.Time
	// written is the CronJob whose status is written at the end, cronJob the one
	// that is looked at; they part when the cache turns out to be behind.
	written, cronJob *batch.CronJob
	updateStatus     bool
	deleted          map[string]bool // Jobs, by namespace and name
	actions          []Action
}

// Sync is one sync of a CronJob (cronjob_controllerv2.go, sync). An error names
// the field of the view that can't be; there are no actions then.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	s := &cronSync{view: &v, now: now, written: v.CronJob.DeepCopy(), deleted: map[string]bool{}}
	s.cronJob = s.written
	s.cleanupFinishedJobs()
	requeueAfter, created, err := s.syncCronJob()
	if created {
		return s.actions, nil
	}
	if s.updateStatus {
		s.do(UpdateStatus{s.written.Status})
	}
	switch {
	case requeueAfter != nil:
		s.do(RequeueAfter{After: *requeueAfter})
	case err != nil:
		s.do(Retry{err})
	}
	return s.actions, nil
}

func (s *cronSync) do(a Action) { s.actions = append(s.actions, a) }

func (s *cronSync) event(eventType, reason, format string, args ...any) {
	s.do(Event{Type: eventType, Reason: reason, Message: fmt.Sprintf(format, args...)})
}

// storedJob is the Job of that name after what this sync has deleted.
func (s *cronSync) storedJob(namespace, name string) (*batch.Job, error) {
	if job := s.view.StoredJob(namespace, name); job != nil && !s.deleted[namespace+"/"+name] {
		return job, nil
	}
	return nil, apierrors.NewNotFound(batch.Resource("jobs"), name)
}

// syncCronJob starts a Job when one is due (cronjob_controllerv2.go,
// syncCronJob). It stops at a Job to be created, of which there is no answer
// yet.
func (s *cronSync) syncCronJob() (requeueAfter *time.Duration, created bool, err error) {
	if err := s.followJobs(); err != nil {
		return nil, false, err
	}
	s.forgetMissingJobs()
	spec := &s.cronJob.Spec
	if s.cronJob.DeletionTimestamp != nil {
		return nil, false, nil
	}
	if spec.TimeZone != nil {
		if _, err := time.LoadLocation(*spec.TimeZone); err != nil {
			s.event(v1.EventTypeWarning, "UnknownTimeZone", "invalid timeZone: %q: %s", *spec.TimeZone, err)
			return nil, false, nil
		}
	}
	if ptr.Deref(spec.Suspend, false) {
		return nil, false, nil
	}
	text, unsupported := formatSchedule(s.cronJob)
	if unsupported != nil {
		s.do(*unsupported)
	}
	schedule, err := parsers.ParseCronScheduleWithPanicRecovery(text)
	if err != nil {
		s.event(v1.EventTypeWarning, "UnparseableSchedule", "unparseable schedule: %q : %s", spec.Schedule, err)
		return nil, false, nil
	}
	later := func() *time.Duration {
		t := nextScheduleTimeDuration(s.cronJob, s.now, schedule)
		return &t
	}
	scheduled, err := s.nextScheduleTime(schedule)
	switch {
	case err != nil:
		s.event(v1.EventTypeWarning, "InvalidSchedule", "invalid schedule: %s : %s", spec.Schedule, err)
		return nil, false, nil
	case scheduled == nil || s.tooLate(*scheduled) || s.processed(*scheduled):
		return later(), false, nil
	case spec.ConcurrencyPolicy == batch.ForbidConcurrent && len(s.cronJob.Status.Active) > 0:
		s.event(v1.EventTypeNormal, "JobAlreadyActive",
			"Not starting job because prior execution is running and concurrency policy is Forbid")
		return later(), false, nil
	}
	if err := s.replace(); err != nil {
		return nil, false, err
	}
	if s.view.Answer == nil {
		err := s.createJob(*scheduled)
		return nil, err == nil, err
	}
	started, err := s.started(*scheduled)
	if !started {
		return nil, false, err
	}
	return later(), false, nil
}

// tooLate reports whether startingDeadlineSeconds are over, and tells so. As
// nextScheduleTime looks no further back, that does not happen: a time that is
// too old is passed over without a word.
func (s *cronSync) tooLate(scheduled time.Time) bool {
	deadline := s.cronJob.Spec.StartingDeadlineSeconds
	if deadline == nil || !scheduled.Add(time.Second*time.Duration(*deadline)).Before(s.now) {
		return false
	}
	s.event(v1.EventTypeWarning, "MissSchedule", "Missed scheduled time to start a job: %s",
		scheduled.UTC().Format(time.RFC1123Z))
	return true
}

// processed reports whether the Job of that time was started already.
func (s *cronSync) processed(scheduled time.Time) bool {
	return inActiveListByName(s.cronJob, getJobName(s.cronJob, scheduled)) ||
		s.cronJob.Status.LastScheduleTime.Equal(&metav1.Time{Time: scheduled})
}

func (s *cronSync) createJob(scheduled time.Time) error {
	job, err := getJobFromTemplate2(s.cronJob, scheduled)
	if err == nil {
		s.do(CreateJob{job, scheduled})
	}
	return err
}

// started takes the answer to the creation of the Job into the status. It is
// false when the sync is over with that.
func (s *cronSync) started(scheduled time.Time) (bool, error) {
	if err := s.createJob(scheduled); err != nil {
		return false, err
	}
	job, err := s.view.Answer.Job, s.view.Answer.Err
	switch {
	case apierrors.HasStatusCause(err, v1.NamespaceTerminatingCause):
		return false, err
	case apierrors.IsAlreadyExists(err):
		// It may be that an earlier sync has made it, whose status was not written.
		if job, err = s.storedJob(s.cronJob.Namespace, getJobName(s.cronJob, scheduled)); err != nil {
			return false, err
		}
		if !metav1.IsControlledBy(job, s.cronJob) || inActiveList(s.cronJob, job.UID) {
			return false, nil
		}
	case err != nil:
		s.event(v1.EventTypeWarning, "FailedCreate", "Error creating job: %v", err)
		return false, err
	default:
		s.event(v1.EventTypeNormal, "SuccessfulCreate", "Created job %v", job.Name)
	}
	ref, err := reference.GetReference(scheme.Scheme, job)
	if err != nil {
		return false, fmt.Errorf("unable to make object reference for job for %s/%s", s.cronJob.Namespace, s.cronJob.Name)
	}
	s.cronJob.Status.Active = append(s.cronJob.Status.Active, *ref)
	s.cronJob.Status.LastScheduleTime = &metav1.Time{Time: scheduled}
	s.updateStatus = true
	return true, nil
}
