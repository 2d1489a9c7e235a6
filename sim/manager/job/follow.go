package job

import (
	batchv1 "k8s.io/api/batch/v1"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (j *state) suspended() bool { return ptr.Deref(j.api.Spec.Suspend, false) }

// ends are the conditions of a Job that is over, as records name them.
var ends = map[batchv1.JobConditionType]record.JobPhase{
	batchv1.JobComplete: record.JobComplete, batchv1.JobFailed: record.JobFailed,
}

// follow records the turns in the Job's life, from its status.
func (j *state) follow() {
	s := &j.api.Status
	phase, reason, message := record.JobRunning, "", ""
	switch finished, kind := jobutil.FinishedCondition(j.api); {
	case finished:
		phase = ends[kind]
		for _, c := range s.Conditions {
			if c.Type == kind {
				reason, message = c.Reason, c.Message
			}
		}
	case j.suspended():
		phase = record.JobHeld
	case s.StartTime == nil:
		return
	}
	counts := [2]int32{s.Succeeded, s.Failed}
	if phase != j.phase || counts != j.told {
		j.phase, j.told = phase, counts
		j.record(phase, reason, message)
	}
}

func (j *state) record(phase record.JobPhase, reason, message string) {
	s := &j.api.Status
	r := record.JobChanged{
		At: j.c.At(), Workload: j.key, Phase: phase, Reason: reason, Message: message,
		Active: s.Active, Succeeded: s.Succeeded, Failed: s.Failed,
	}
	if j.owned {
		r.Job = kinds.KeyOf(j.api)
	}
	if s.FailedIndexes != nil {
		r.FailedIndexes = *s.FailedIndexes
	}
	j.c.Record(r)
}
