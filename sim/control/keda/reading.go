package keda

import "fmt"

// Asker gives the value of a trigger now.
type Asker func(trigger int) (float64, error)

// Reading is the value of a trigger.
type Reading struct {
	Value float64
	// Active is whether it is above the activation threshold.
	Active bool
	// Fallback is whether Value stands for one that could not be had.
	Fallback bool
	Err      error
}

// Answer is what the autoscaler gets for the metric of a trigger
// (scale_handler.go, GetScaledObjectMetrics): the value at this instant, or with
// useCachedMetrics that of the last poll. ready counts Ready pods of the target.
func Answer(s *ScaledObject, state *State, trigger int, ask Asker, replicas int32, ready int) (float64, error) {
	t := &s.Spec.Triggers[trigger]
	r, cached := state.cached[trigger]
	if !t.UseCachedMetrics || !cached {
		r = s.read(state, trigger, ask, replicas, ready)
	}
	if r.Err != nil {
		return 0, fmt.Errorf("metric:%s encountered error", s.MetricName(trigger))
	}
	return r.Value, nil
}

// read asks for the value of a trigger and falls back when it has failed more
// often than the threshold (fallback.go, GetMetricsWithFallback).
func (s *ScaledObject) read(state *State, trigger int, ask Asker, replicas int32, ready int) Reading {
	if state.failures == nil {
		state.failures = map[int]int32{}
	}
	t := &s.Spec.Triggers[trigger]
	value, err := ask(trigger)
	if err == nil {
		state.failures[trigger] = 0
		return Reading{Value: max(value, 0), Active: value > t.activation()}
	}
	f := s.Spec.Fallback
	if f == nil {
		return Reading{Err: err}
	}
	state.failures[trigger]++
	if state.failures[trigger] <= f.FailureThreshold {
		return Reading{Err: err}
	}
	count := float64(f.Replicas)
	switch f.Behavior {
	case "currentReplicas":
		count = float64(replicas)
	case "currentReplicasIfHigher":
		count = max(count, float64(replicas))
	case "currentReplicasIfLower":
		count = min(count, float64(replicas))
	}
	if t.target() == valueTarget { // which is not divided by the replicas
		if ready == 0 {
			return Reading{Err: fmt.Errorf("error performing fallback")}
		}
		count /= float64(ready)
	}
	threshold, _ := t.threshold()
	return Reading{Value: float64(int64(threshold*1000*count)) / 1000, Active: true, Fallback: true}
}
