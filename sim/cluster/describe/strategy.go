package describe

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
)

// updateText is how a StatefulSet is updated.
func updateText(s *appsv1.StatefulSet) string {
	text := string(s.Spec.UpdateStrategy.Type)
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil {
		if r.Partition != nil && *r.Partition > 0 {
			text += fmt.Sprintf(" partition=%d", *r.Partition)
		}
		if r.MaxUnavailable != nil {
			text += " maxUnavailable=" + r.MaxUnavailable.String()
		}
	}
	return text + " " + string(s.Spec.PodManagementPolicy)
}

// jobText is what a Job does until when.
func jobText(o *batchv1.Job) string {
	s := &o.Spec
	text := string(*s.CompletionMode)
	if s.Completions != nil {
		text += fmt.Sprintf(" completions=%d", *s.Completions)
	}
	text += fmt.Sprintf(" parallelism=%d", *s.Parallelism)
	if s.BackoffLimitPerIndex != nil {
		text += fmt.Sprintf(" backoffLimitPerIndex=%d", *s.BackoffLimitPerIndex)
	} else {
		text += fmt.Sprintf(" backoffLimit=%d", *s.BackoffLimit)
	}
	if s.ActiveDeadlineSeconds != nil {
		text += fmt.Sprintf(" activeDeadlineSeconds=%d", *s.ActiveDeadlineSeconds)
	}
	return text + " " + string(s.Template.Spec.RestartPolicy)
}

// cronText is when the Jobs of a CronJob start.
func cronText(o *batchv1.CronJob) string {
	text := fmt.Sprintf("%q", o.Spec.Schedule)
	if o.Spec.TimeZone != nil {
		text += " " + *o.Spec.TimeZone
	}
	text += " " + string(o.Spec.ConcurrencyPolicy)
	if o.Spec.StartingDeadlineSeconds != nil {
		text += fmt.Sprintf(" startingDeadlineSeconds=%d", *o.Spec.StartingDeadlineSeconds)
	}
	return text
}

// daemonText is how a DaemonSet is updated.
func daemonText(ds *appsv1.DaemonSet) string {
	r := ds.Spec.UpdateStrategy.RollingUpdate
	if r == nil {
		return string(ds.Spec.UpdateStrategy.Type)
	}
	return fmt.Sprintf("%s maxSurge=%s maxUnavailable=%s", ds.Spec.UpdateStrategy.Type, r.MaxSurge, r.MaxUnavailable)
}

// strategyText is how a Deployment is updated.
func strategyText(d *appsv1.Deployment) string {
	r := d.Spec.Strategy.RollingUpdate
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType || r == nil {
		return string(d.Spec.Strategy.Type)
	}
	return fmt.Sprintf("RollingUpdate maxSurge=%s maxUnavailable=%s", r.MaxSurge, r.MaxUnavailable)
}
