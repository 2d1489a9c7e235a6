package explain

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// autoscaler tells how each size came about: what each metric showed and asked
// for, and what windows, policies and bounds made of it. Syncs that only repeat
// the decision before are left out.
func (e *explanation) autoscaler(key string) {
	steps := e.result.HPA[key]
	for i, s := range steps {
		if i > 0 && s.Current == s.Desired && same(s, steps[i-1]) {
			continue
		}
		e.Wrapped("  ", 2, fmt.Sprintf("%-9s %s", words.Clock(s.T), decisionText(s)), 14)
	}
}

// same reports whether a step holds a size for the same reason as the one
// before, with proposals between the same limits.
func same(s result.HPAStep, before result.HPAStep) bool {
	return before.Current == before.Desired && s.Current == before.Current && s.Reason == before.Reason &&
		s.Limit == before.Limit && (s.Stabilized != s.Recommended) == (before.Stabilized != before.Recommended)
}

// decisionText is one decision in words.
func decisionText(s result.HPAStep) string {
	if strings.HasPrefix(s.Reason, upstream.FailedGetScale) {
		return "can't scale: " + s.Reason
	}
	if strings.HasPrefix(s.Reason, "ScalingDisabled") {
		return fmt.Sprintf("stays at %d: ScalingDisabled: scaling is disabled since the replica count of the target is zero",
			s.Current)
	}
	text := fmt.Sprintf("stays at %d", s.Current)
	if s.Desired != s.Current {
		text = fmt.Sprintf("%d -> %d", s.Current, s.Desired)
	}
	var asked []string
	failed := false
	for _, m := range s.Metrics {
		asked = append(asked, explainMetric(m))
		failed = failed || m.Error != ""
	}
	if len(asked) == 0 {
		return text + ": " + upstream.ShortMetric(s.Reason)
	}
	text += ": " + strings.Join(asked, "; ")
	if s.Recommended == 0 && s.Stabilized == 0 && failed {
		return text // nothing was decided
	}
	if s.Stabilized != s.Recommended {
		text += fmt.Sprintf("; held at %d by the stabilization window", s.Stabilized)
	}
	if s.Desired != s.Stabilized {
		text += fmt.Sprintf("; %s", limited(s))
	}
	if len(s.Metrics) == 1 && s.Desired == s.Current && s.Recommended == s.Current && s.Metrics[0].Replicas == s.Current {
		text += "; within the tolerance or just that size"
	}
	return text
}

// limited says which limit made Desired of Stabilized.
func limited(s result.HPAStep) string {
	switch s.Limit {
	case "TooManyReplicas":
		return fmt.Sprintf("limited to %d by maxReplicas", s.Desired)
	case "TooFewReplicas":
		return fmt.Sprintf("kept at %d by minReplicas", s.Desired)
	case "ScaleUpLimit":
		return fmt.Sprintf("limited to %d by the scale-up policy", s.Desired)
	case "ScaleDownLimit":
		return fmt.Sprintf("limited to %d by the scale-down policy", s.Desired)
	}
	return fmt.Sprintf("limited to %d", s.Desired)
}

// explainMetric is what one metric showed and asks for.
func explainMetric(m record.AutoscaleMetric) string {
	name := upstream.ShortMetric(m.Name)
	if m.Error != "" {
		return fmt.Sprintf("%s has no value (%s)", name, upstream.RootCause(m.Error))
	}
	value := fmt.Sprintf("%.2f times the target", m.Ratio)
	if m.Current != "" {
		value = fmt.Sprintf("%s of %s", strings.TrimSuffix(m.Current, " (avg)"), strings.TrimSuffix(m.Target, " (avg)"))
		if strings.HasSuffix(m.Target, " (avg)") {
			value += " a pod"
		}
	}
	return fmt.Sprintf("%s %s%s asks for %d", name, value, podCounts(m), m.Replicas)
}

func podCounts(m record.AutoscaleMetric) string {
	if m.Ready+m.Unready+m.Missing == 0 {
		return ""
	}
	text := fmt.Sprintf(" over %s", words.CountOf(m.Ready, "ready pod"))
	if m.Unready > 0 {
		text += fmt.Sprintf(", %d not counted yet", m.Unready)
	}
	if m.Missing > 0 {
		text += fmt.Sprintf(", %d without a value", m.Missing)
	}
	return text
}
