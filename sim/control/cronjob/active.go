package cronjob

import (
	"fmt"
	"slices"
	"sort"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"
)

func inActiveList(cj *batch.CronJob, uid types.UID) bool {
	return slices.ContainsFunc(cj.Status.Active, func(r v1.ObjectReference) bool { return r.UID == uid })
}

func inActiveListByName(cj *batch.CronJob, job string) bool {
	return slices.ContainsFunc(cj.Status.Active, func(r v1.ObjectReference) bool {
		return r.Name == job &&
			r.Namespace == cj.Namespace
	})
}

// deleteFromActiveList makes a new list: somebody may walk over the old one.
func deleteFromActiveList(cj *batch.CronJob, uid types.UID) {
	var kept []v1.ObjectReference
	for _, r := range cj.Status.Active {
		if r.UID != uid {
			kept = append(kept, r)
		}
	}
	cj.Status.Active = kept
}

// followJobs takes what became of the Jobs into the status.
func (s *cronSync) followJobs() error {
	for _, job := range s.view.Jobs {
		found, finished := inActiveList(s.cronJob, job.UID), jobutil.IsJobFinished(job)
		if !finished {
			if found {
				continue
			}
			stored := s.view.StoredCronJob
			if stored == nil {
				return apierrors.NewNotFound(batch.Resource("cronjobs"), s.cronJob.Name)
			}
			if inActiveList(stored, job.UID) {
				s.cronJob = stored.DeepCopy()
				continue
			}
			s.event(v1.EventTypeWarning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: %s", job.Name)
			continue
		}
		if found {
			_, condition := jobutil.FinishedCondition(job)
			deleteFromActiveList(s.cronJob, job.UID)
			s.event(v1.EventTypeNormal, "SawCompletedJob", "Saw completed job: %s, condition: %v", job.Name, condition)
			s.updateStatus = true
		}
		if jobutil.IsJobSucceeded(job) {
			s.followSuccess(job)
		}
	}
	return nil
}

func (s *cronSync) followSuccess(job *batch.Job) {
	status, completed := &s.cronJob.Status, job.Status.CompletionTime
	if status.LastSuccessfulTime == nil {
		status.LastSuccessfulTime = completed
		s.updateStatus = true
	}
	if completed != nil && completed.After(status.LastSuccessfulTime.Time) {
		status.LastSuccessfulTime = completed
		s.updateStatus = true
	}
}

// forgetMissingJobs takes Jobs off the list that are not there any more: one
// that is gone must not keep the next ones from starting.
func (s *cronSync) forgetMissingJobs() {
	for _, r := range s.cronJob.Status.Active {
		if slices.ContainsFunc(s.view.Jobs, func(job *batch.Job) bool { return job.UID == r.UID }) {
			continue
		}
		if _, err := s.storedJob(r.Namespace, r.Name); err != nil {
			s.event(v1.EventTypeNormal, "MissingJob", "Active job went missing: %v", r.Name)
			deleteFromActiveList(s.cronJob, r.UID)
			s.updateStatus = true
		}
	}
}

// replace deletes the Jobs that still run when the policy is Replace.
func (s *cronSync) replace() error {
	if s.cronJob.Spec.ConcurrencyPolicy != batch.ReplaceConcurrent {
		return nil
	}
	for _, r := range s.cronJob.Status.Active {
		job, err := s.storedJob(r.Namespace, r.Name)
		if err != nil {
			s.event(v1.EventTypeWarning, "FailedGet", "Get job: %v", err)
			return err
		}
		if !s.deleteJob(job, true) {
			return fmt.Errorf("could not replace job %s/%s", job.Namespace, job.Name)
		}
		s.updateStatus = true
	}
	return nil
}

// cleanupFinishedJobs deletes the oldest of the Jobs that have ended, so that the
// history limits hold.
func (s *cronSync) cleanupFinishedJobs() {
	var failed, successful []*batch.Job
	for _, job := range s.view.Jobs {
		switch _, condition := jobutil.FinishedCondition(job); condition {
		case batch.JobComplete:
			successful = append(successful, job)
		case batch.JobFailed:
			failed = append(failed, job)
		}
	}
	s.removeOldestJobs(successful, s.cronJob.Spec.SuccessfulJobsHistoryLimit)
	s.removeOldestJobs(failed, s.cronJob.Spec.FailedJobsHistoryLimit)
}

func (s *cronSync) removeOldestJobs(jobs []*batch.Job, limit *int32) {
	if limit == nil {
		return
	}
	sort.Slice(jobs, func(i, j int) bool { return startedBefore(jobs[i], jobs[j]) })
	for _, job := range jobs[:max(0, len(jobs)-int(*limit))] {
		if s.deleteJob(job, false) {
			s.updateStatus = true
		}
	}
}

// startedBefore is the order of byJobStartTime (utils.go): by start, those never
// started last, then by name.
func startedBefore(a, b *batch.Job) bool {
	x, y := a.Status.StartTime, b.Status.StartTime
	switch {
	case x == nil && y != nil:
		return false
	case x != nil && y == nil:
		return true
	case x.Equal(y):
		return a.Name < b.Name
	}
	return x.Before(y)
}

// deleteJob deletes a Job and takes it off the list. It is false when there is
// none of that name any more.
func (s *cronSync) deleteJob(job *batch.Job, replaced bool) bool {
	stored, err := s.storedJob(job.Namespace, job.Name)
	if err != nil {
		s.event(v1.EventTypeWarning, "FailedDelete", "Deleted job: %v", err)
		return false
	}
	s.do(DeleteJob{stored, replaced})
	s.deleted[job.Namespace+"/"+job.Name] = true
	deleteFromActiveList(s.cronJob, job.UID)
	s.event(v1.EventTypeNormal, "SuccessfulDelete", "Deleted job %v", job.Name)
	return true
}
