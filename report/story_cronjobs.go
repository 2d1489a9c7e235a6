package report

import (
	"strings"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// cronJobRun tells what the CronJob controller reports of a time of its schedule
// (cronjob_controllerv2.go, syncCronJob).
func (s *story) cronJobRun(r record.CronJobRun) {
	_, object := splitKey(r.Workload)
	switch {
	case r.Phase == "started":
		_, name, _ := strings.Cut(r.Job, "/")
		s.add(r.T, "Normal", "SuccessfulCreate", object, "Created job "+name)
	case r.Phase == "held" && r.Reason == "JobAlreadyActive":
		s.add(r.T, "Normal", r.Reason, object, r.Message)
	}
}

// jobOfCronJob tells what the CronJob controller reports of one of its Jobs.
func (s *story) jobOfCronJob(r record.JobChanged, object string) {
	_, name, _ := strings.Cut(r.Job, "/")
	changed := s.jobs["Job "+r.Job] != r.Phase
	switch {
	case changed && r.Phase == "complete":
		s.add(r.T, "Normal", "SawCompletedJob", object, "Saw completed job: "+name+", condition: Complete")
	case changed && r.Phase == "failed":
		s.add(r.T, "Normal", "SawCompletedJob", object, "Saw completed job: "+name+", condition: Failed")
	case r.Phase == "deleted" && (r.Reason == "replaced" || r.Reason == "history-limit"):
		s.add(r.T, "Normal", "SuccessfulDelete", object, "Deleted job "+name)
	}
}
