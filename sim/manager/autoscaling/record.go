package autoscaling

import (
	"math"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// recorder makes records of the decisions about one autoscaler.
type recorder struct {
	last record.Autoscaled
}

// record is what is told of a decision, without its time. news is false when it
// is that of the one before.
func (k *recorder) record(
	o *autoscalingv2.HorizontalPodAutoscaler, d hpa.Decision, workload string,
) (r record.Autoscaled, news bool) {
	r = record.Autoscaled{
		HPA: kinds.KeyOf(o), Workload: workload,
		Current: d.Current, Desired: d.Desired, Recommended: d.Recommended, Stabilized: d.Stabilized,
		Rescaled: d.Rescale, Reason: d.Reason,
	}
	if !d.Rescale {
		r.Reason = reasons(d.Status.Conditions)
	}
	if d.Err != nil {
		r.Message = d.Err.Error()
	}
	for _, c := range d.Status.Conditions {
		if c.Type == autoscalingv2.AbleToScale && c.Status == v1.ConditionFalse {
			r.Reason, r.Message = c.Reason, c.Message // the other conditions are those of earlier syncs
		}
	}
	l := k.last
	same := r.Current == l.Current && r.Desired == l.Desired && r.Reason == l.Reason && r.Message == l.Message
	if same && !d.Rescale {
		return r, false
	}
	k.last = r
	for _, c := range d.Status.Conditions {
		if c.Type == autoscalingv2.ScalingLimited && c.Status == v1.ConditionTrue && d.Recommended+d.Desired > 0 {
			r.Limit = c.Reason
		}
	}
	for i, p := range d.Proposals {
		m := record.AutoscaleMetric{
			Name: p.Metric, Replicas: p.Replicas, Ratio: finite(p.Ratio),
			Ready: p.Ready, Unready: p.Unready, Missing: p.Missing, Ignored: p.Ignored,
		}
		if p.Err != nil {
			m.Error = p.Err.Error()
		} else if i < len(d.Status.CurrentMetrics) && i < len(o.Spec.Metrics) {
			m.Current, m.Target = texts(&o.Spec.Metrics[i], &d.Status.CurrentMetrics[i])
		}
		r.Metrics = append(r.Metrics, m)
	}
	return r, true
}

// finite is a ratio that can be written: of a total over no pods it is without
// bounds, and no ratio at all.
func finite(ratio float64) float64 {
	if math.IsInf(ratio, 0) || math.IsNaN(ratio) {
		return 0
	}
	return ratio
}

// reasons tell in one line why the size stays.
func reasons(conditions []autoscalingv2.HorizontalPodAutoscalerCondition) string {
	var list []string
	for _, c := range conditions {
		// That it is able to scale is no news, unless it isn't.
		if (c.Type == autoscalingv2.AbleToScale && c.Status == v1.ConditionTrue) || c.Type == autoscalingv2.ScaledToZero {
			continue
		}
		list = append(list, c.Reason)
	}
	return strings.Join(list, ", ")
}
