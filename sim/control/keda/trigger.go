package keda

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

const valueTarget = autoscalingv2.ValueMetricType

// kind is how a type of trigger says what it wants: the metadata of its
// threshold and activation threshold, the default of the former (0 when it must be
// given), and the metadata that names what it asks about. From the scalers in
// pkg/scalers.
type kind struct {
	threshold, activation string
	standard              float64
	about                 string
}

var kinds = map[string]kind{
	"apache-kafka":     {"lagThreshold", "activationLagThreshold", 10, "topic"},
	"kafka":            {"lagThreshold", "activationLagThreshold", 10, "topic"},
	"aws-sqs-queue":    {"queueLength", "activationQueueLength", 5, "queueURL"},
	"azure-queue":      {"queueLength", "activationQueueLength", 5, "queueName"},
	"azure-servicebus": {"messageCount", "activationMessageCount", 5, "queueName"},
	"gcp-pubsub":       {"value", "activationValue", 10, "subscriptionName"},
	"metrics-api":      {"targetValue", "activationTargetValue", 0, ""},
	"nats-jetstream":   {"lagThreshold", "activationLagThreshold", 10, "stream"},
	"prometheus":       {"threshold", "activationThreshold", 0, "query"},
	"rabbitmq":         {"value", "activationValue", 20, "queueName"},
	"redis":            {"listLength", "activationListLength", 5, "listName"},
}

// others are the thresholds that types which are not among kinds may have.
var others = []string{"threshold", "targetValue", "value", "queueLength", "targetQueueLength", "lagThreshold",
	"desiredReplicas", "count"}

// IsResource reports whether it is about the CPU or memory of pods, which KEDA leaves to the
// autoscaler.
func (t *Trigger) IsResource() bool { return t.Type == "cpu" || t.Type == "memory" }

func (t *Trigger) target() autoscalingv2.MetricTargetType {
	if t.MetricType == "" {
		return autoscalingv2.AverageValueMetricType
	}
	return t.MetricType
}

// threshold is the value that each replica, or all, are to have.
func (t *Trigger) threshold() (float64, error) {
	k, known := kinds[t.Type]
	names := others
	if known {
		names = []string{k.threshold}
		if t.Type == "rabbitmq" { // which knows an older name
			names = append(names, "queueLength")
		}
	}
	for _, name := range names {
		text, given := t.Metadata[name]
		if !given {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || !(value > 0 && value < 1e12) {
			return 0, fmt.Errorf("metadata.%s: must be a number above 0, got %.60q", name, text)
		}
		return value, nil
	}
	if k.standard > 0 {
		return k.standard, nil
	}
	return 0, fmt.Errorf("metadata: must have %s", strings.Join(names, " or "))
}

// activation is the value above which the trigger is active.
func (t *Trigger) activation() float64 {
	name := kinds[t.Type].activation
	if name == "" {
		for key := range t.Metadata {
			if strings.HasPrefix(key, "activation") && (name == "" || key < name) {
				name = key
			}
		}
	}
	value, err := strconv.ParseFloat(t.Metadata[name], 64)
	if err != nil {
		return 0
	}
	return value
}

// Source names what gives the trigger its value: its own name, or else the queue or
// the query in its metadata; "" when it has neither.
func (t *Trigger) Source() string {
	if t.Name != "" {
		return t.Name
	}
	text := t.Metadata[kinds[t.Type].about]
	if i := strings.LastIndexAny(text, "/:"); kinds[t.Type].about == "queueURL" && i >= 0 {
		text = text[i+1:]
	}
	return text
}

// WithUnacknowledged is whether messages that pods work on count: as in the
// scalers of their types.
func (t *Trigger) WithUnacknowledged() bool {
	switch t.Type {
	case "redis":
		return false // LLEN
	case "aws-sqs-queue":
		return t.Metadata["scaleOnInFlight"] != "false"
	case "rabbitmq":
		return t.Metadata["excludeUnacknowledged"] != "true"
	case "azure-queue":
		return t.Metadata["queueLengthStrategy"] != "visibleonly"
	}
	return true
}

// MetricName is the name of a trigger's external metric, s0-redis-jobs.
func (s *ScaledObject) MetricName(i int) string {
	t := &s.Spec.Triggers[i]
	name := t.Type
	if source := t.Source(); source != "" && t.Type != "prometheus" {
		name += "-" + path.Base(source)
	}
	return fmt.Sprintf("s%d-%s", i, strings.NewReplacer("/", "-", ".", "-", ":", "-", "%", "-", "(", "-", ")",
		"-").Replace(name))
}

// TriggerOf is the index of the trigger with a metric of that name; -1 when
// there is none.
func (s *ScaledObject) TriggerOf(metric string) int {
	for i := range s.Spec.Triggers {
		if !s.Spec.Triggers[i].IsResource() && s.MetricName(i) == metric {
			return i
		}
	}
	return -1
}
