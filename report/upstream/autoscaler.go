package upstream

import (
	"regexp"
	"strings"
)

var selectorText = regexp.MustCompile(`\((?:nil|&LabelSelector\{[^)]*\})\)`)

// ShortMetric takes the selector out of a metric's name, and what is the same in
// all of them.
func ShortMetric(text string) string {
	text = selectorText.ReplaceAllString(text, "")
	return strings.ReplaceAll(text, " (percentage of request)", "")
}

// TargetGone is what the autoscaler's condition AbleToScale says of a target that
// is not there.
const TargetGone = "unable to get the target's current scale: "

// AfterLast is what follows the last marker, all of the text without one.
func AfterLast(text, marker string) string {
	if i := strings.LastIndex(text, marker); i >= 0 {
		return text[i+len(marker):]
	}
	return text
}

// RootCause is the last part of a wrapped error of the autoscaler.
func RootCause(message string) string {
	if i := strings.Index(message, "pods by selector "); i >= 0 {
		return message[i:]
	}
	if strings.Contains(message, TargetGone) {
		return FailedGetScale + ": " + message
	}
	for _, prefix := range []string{"unable to get metrics for resource ", "failed to get cpu utilization: ",
		"failed to get memory utilization: ", "metrics API: ", "first error is: "} {
		if i := strings.LastIndex(message, prefix); i >= 0 {
			return message[i+len(prefix):]
		}
	}
	return message
}

// FailedGetScale is the reason of an autoscaler whose target is not there
// (horizontal.go, reconcileAutoscaler).
const FailedGetScale = "FailedGetScale"

// Blindness is why an autoscaler can't decide.
type Blindness int

const (
	// NoMetric: nothing is known of a metric.
	NoMetric Blindness = iota
	// NoRequest: a container has no request that the metric could be a part of.
	NoRequest
	// NoTarget: the scale target can't be read.
	NoTarget
	// NothingFound: something that it asks for is not there.
	NothingFound
	// Ambiguous: several autoscalers want the same pods.
	Ambiguous
)

// BlindnessOf is what the condition of an autoscaler that can't decide says
// (horizontal.go and replica_calculator.go in
// k8s.io/kubernetes/pkg/controller/podautoscaler).
func BlindnessOf(message string) Blindness {
	switch {
	case strings.Contains(message, "missing request for"):
		return NoRequest
	case strings.Contains(message, TargetGone):
		return NoTarget
	case IsNotFound(message):
		return NothingFound
	case strings.Contains(message, "more than one HPA"):
		return Ambiguous
	}
	return NoMetric
}
