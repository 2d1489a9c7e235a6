package oracle

import (
	"encoding/json"
	"fmt"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// describe tells a scenario in a few lines.
func describe(spec *cluster.Spec) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	text := func(v any) string {
		data, _ := json.Marshal(v)
		return string(data)
	}
	for _, n := range spec.Nodes {
		line("node %s cpu=%s pods=%s labels=%v taints=%s", n.Name, n.Status.Allocatable.Cpu(), n.Status.Allocatable.Pods(),
			n.Labels, text(n.Spec.Taints))
	}
	object := func(o runtime.Object) {
		switch o := o.(type) {
		case *apps.Deployment:
			line("Deployment %s replicas=%d strategy=%s minReady=%d deadline=%d history=%d", o.Name, *o.Spec.Replicas,
				text(o.Spec.Strategy), o.Spec.MinReadySeconds, *o.Spec.ProgressDeadlineSeconds, *o.Spec.RevisionHistoryLimit)
			line("  requests=%s spread=%s affinity=%s class=%s", text(o.Spec.Template.Spec.Containers[0].Resources.Requests),
				text(o.Spec.Template.Spec.TopologySpreadConstraints), text(o.Spec.Template.Spec.Affinity),
				o.Spec.Template.Spec.PriorityClassName)
		case *apps.StatefulSet:
			line("StatefulSet %s replicas=%d %s update=%s minReady=%d", o.Name, *o.Spec.Replicas, o.Spec.PodManagementPolicy,
				text(o.Spec.UpdateStrategy), o.Spec.MinReadySeconds)
			line("  requests=%s spread=%s affinity=%s class=%s", text(o.Spec.Template.Spec.Containers[0].Resources.Requests),
				text(o.Spec.Template.Spec.TopologySpreadConstraints), text(o.Spec.Template.Spec.Affinity),
				o.Spec.Template.Spec.PriorityClassName)
		case *apps.DaemonSet:
			line("DaemonSet %s update=%s minReady=%d requests=%s", o.Name, text(o.Spec.UpdateStrategy), o.Spec.MinReadySeconds,
				text(o.Spec.Template.Spec.Containers[0].Resources.Requests))
		case *batch.Job:
			short := o.Spec.DeepCopy()
			short.Template = v1.PodTemplateSpec{}
			line("Job %s %s requests=%s", o.Name, text(short), text(o.Spec.Template.Spec.Containers[0].Resources.Requests))
		case *batch.CronJob:
			short := o.Spec.DeepCopy()
			short.JobTemplate.Spec.Template = v1.PodTemplateSpec{}
			line("CronJob %s %s", o.Name, text(short))
		case *policyv1.PodDisruptionBudget:
			line("PodDisruptionBudget %s minAvailable=%v maxUnavailable=%v", o.Name, o.Spec.MinAvailable, o.Spec.MaxUnavailable)
		case *autoscalingv2.HorizontalPodAutoscaler:
			line("HorizontalPodAutoscaler %s %d..%d metrics=%s behavior=%s", o.Name, *o.Spec.MinReplicas, o.Spec.MaxReplicas,
				text(o.Spec.Metrics), text(o.Spec.Behavior))
		case *apps.ReplicaSet:
			line("ReplicaSet %s replicas=%d minReady=%d", o.Name, *o.Spec.Replicas, o.Spec.MinReadySeconds)
			line("  requests=%s spread=%s affinity=%s class=%s", text(o.Spec.Template.Spec.Containers[0].Resources.Requests),
				text(o.Spec.Template.Spec.TopologySpreadConstraints), text(o.Spec.Template.Spec.Affinity),
				o.Spec.Template.Spec.PriorityClassName)
		case *v1.ResourceQuota:
			line("ResourceQuota %s hard=%s", o.Name, text(o.Spec.Hard))
		case *v1.LimitRange:
			line("LimitRange %s %s", o.Name, text(o.Spec.Limits))
		default:
			line("%T", o)
		}
	}
	for _, o := range spec.Objects {
		object(o)
	}
	for _, m := range spec.Metrics {
		line("metric %s %s", m.Name, text(m.Source))
	}
	for _, s := range spec.Timeline {
		if a, is := s.Action.(cluster.Apply); is {
			line("at %s apply", s.At)
			for _, o := range a.Objects {
				object(o)
			}
			continue
		}
		line("at %s %T %s", s.At, s.Action, text(s.Action))
	}
	line("for %s", spec.Duration)
	return b.String()
}
