package story

import "github.com/kube-rehearse/rehearse/sim/record"

// cronJobRun tells what the CronJob controller reports of a time of its schedule
// (cronjob_controllerv2.go, syncCronJob).
func (s *Story) cronJobRun(r record.CronJobRun) {
	object := record.ParseKey(r.Workload).Object()
	switch {
	case r.Phase == record.CronStarted:
		name := record.ShortName(r.Job)
		s.add(r.T, "Normal", "SuccessfulCreate", object, "Created job "+name)
	case r.Phase == record.CronHeld && r.Reason == "JobAlreadyActive":
		s.add(r.T, "Normal", r.Reason, object, r.Message)
	}
}

// jobOfCronJob tells what the CronJob controller reports of one of its Jobs.
func (s *Story) jobOfCronJob(r record.JobChanged, object string) {
	name := record.ShortName(r.Job)
	changed, why := s.jobs["Job "+r.Job] != r.Phase, record.Deletion(r.Reason)
	switch {
	case changed && r.Phase == record.JobComplete:
		s.add(r.T, "Normal", "SawCompletedJob", object, "Saw completed job: "+name+", condition: Complete")
	case changed && r.Phase == record.JobFailed:
		s.add(r.T, "Normal", "SawCompletedJob", object, "Saw completed job: "+name+", condition: Failed")
	case r.Phase == record.JobDeleted && (why == record.JobReplaced || why == record.JobForgotten):
		s.add(r.T, "Normal", "SuccessfulDelete", object, "Deleted job "+name)
	}
}
