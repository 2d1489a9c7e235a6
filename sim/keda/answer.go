package keda

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
)

// ask gives the values of the triggers: of a queue at this instant, or of a
// metric as Prometheus has it.
func (s *state) ask(now sim.Time) keda.Asker {
	return func(i int) (float64, error) {
		trigger := &s.api.Spec.Triggers[i]
		name := trigger.Source()
		value, set, series := s.c.Metrics.Value(now, s.api.Namespace, name)
		if set {
			return value, nil
		}
		if waiting, unacknowledged, is := s.c.Metrics.Messages(name); is {
			if trigger.WithUnacknowledged() {
				waiting += unacknowledged
			}
			return float64(waiting), nil
		}
		switch {
		case series == 1:
			return value, nil
		case series > 1: // prometheus_scaler.go, ExecutePromQuery
			return 0, fmt.Errorf("prometheus query %s returned multiple elements", trigger.Metadata["query"])
		case trigger.Type == "prometheus" && trigger.Metadata["ignoreNullValues"] != "false":
			return 0, nil
		}
		return 0, errors.New("no value")
	}
}

// answer answers an autoscaler for the metrics of ScaledObjects
// (manager.ExternalAnswer).
func (c *operator) answer(now sim.Time, namespace, name string, selector labels.Selector) (int64, bool, error) {
	for _, o := range apiserver.List[*keda.ScaledObject](c.Store) {
		trigger := o.TriggerOf(name)
		if trigger >= 0 && o.Namespace == namespace && selector.Matches(labels.Set{keda.OwnerLabel: o.Name}) {
			milli, err := c.states[o.UID].externalMetric(now, trigger)
			return milli, true, err
		}
	}
	return 0, false, nil
}

// externalMetric is the value of the metric of a trigger in thousandths.
func (s *state) externalMetric(now sim.Time, trigger int) (int64, error) {
	t := s.target()
	var replicas int32
	ready := 0
	if t.Scale != nil {
		replicas, ready = t.Scale.Spec.Replicas, s.ready(t)
	}
	value, err := keda.Answer(s.api, &s.memory, trigger, s.ask(now), replicas, ready)
	return int64(value * 1000), err
}
