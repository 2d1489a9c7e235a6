package describe

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// deploymentUpdate is how a Deployment is updated.
func deploymentUpdate(d *appsv1.Deployment) record.Strategy {
	u := &record.Update{Type: string(d.Spec.Strategy.Type)}
	if r := d.Spec.Strategy.RollingUpdate; r != nil && d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		u.MaxSurge, u.MaxUnavailable = limit(r.MaxSurge), limit(r.MaxUnavailable)
	}
	return record.Strategy{Update: u}
}

// setUpdate is how a StatefulSet is updated.
func setUpdate(s *appsv1.StatefulSet) record.Strategy {
	u := &record.Update{Type: string(s.Spec.UpdateStrategy.Type), PodManagement: string(s.Spec.PodManagementPolicy)}
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil {
		if r.Partition != nil {
			u.Partition = *r.Partition
		}
		u.MaxUnavailable = limit(r.MaxUnavailable)
	}
	return record.Strategy{Update: u}
}

// daemonUpdate is how a DaemonSet is updated.
func daemonUpdate(ds *appsv1.DaemonSet) record.Strategy {
	u := &record.Update{Type: string(ds.Spec.UpdateStrategy.Type)}
	if r := ds.Spec.UpdateStrategy.RollingUpdate; r != nil {
		u.MaxSurge, u.MaxUnavailable = limit(r.MaxSurge), limit(r.MaxUnavailable)
	}
	return record.Strategy{Update: u}
}

// limit is a number of pods or a percentage, which validation has read before.
func limit(value *intstr.IntOrString) *record.Limit {
	if value == nil {
		return nil
	}
	if value.Type == intstr.Int {
		return &record.Limit{N: value.IntVal}
	}
	digits, percent := strings.CutSuffix(value.StrVal, "%")
	n, _ := strconv.ParseInt(digits, 10, 32)
	return &record.Limit{N: int32(n), Percent: percent}
}

// jobPlan is what a Job does until when.
func jobPlan(o *batchv1.Job) *record.JobPlan {
	s := &o.Spec
	p := &record.JobPlan{
		Mode: string(*s.CompletionMode), Completions: s.Completions, Parallelism: *s.Parallelism,
		BackoffLimit: s.BackoffLimit,
		PerIndex:     s.BackoffLimitPerIndex, ActiveDeadline: s.ActiveDeadlineSeconds,
		RestartPolicy: string(s.Template.Spec.RestartPolicy),
	}
	if p.PerIndex != nil {
		p.BackoffLimit = nil // the default of it is beyond every count
	}
	return p
}

// cronSchedule is when the Jobs of a CronJob start.
func cronSchedule(o *batchv1.CronJob) *record.Schedule {
	s := &record.Schedule{
		Cron: o.Spec.Schedule, Concurrency: string(o.Spec.ConcurrencyPolicy),
		StartingDeadline: o.Spec.StartingDeadlineSeconds,
	}
	if o.Spec.TimeZone != nil {
		s.TimeZone = *o.Spec.TimeZone
	}
	return s
}
