package keda

import (
	"fmt"
	"strings"
	"time"
)

// State is what KEDA remembers of a ScaledObject. The zero value is that of a
// new one.
type State struct {
	// Created is when it was.
	Created time.Time
	// lastActive is when a trigger was active last; zero is never.
	lastActive time.Time
	// failures counts, by the index of a trigger, how often in a row it had no
	// value.
	failures map[int]int32
	// cached are the readings of the last poll.
	cached map[int]Reading
}

// Decision is the outcome of a poll.
type Decision struct {
	// Scale is what spec.replicas of the target is set to; nil leaves it.
	Scale *int32
	// Active is whether a trigger is, Reason why it was scaled or not.
	Active bool
	Reason string
	// Failed are the errors of triggers without a value.
	Failed []string
}

// Poll is one turn of the scale loop (scale_handler.go, checkScalers;
// scale_scaledobjects.go, RequestScale). It is due when the ScaledObject is
// created and every PollingInterval after that; ask gives the value of a trigger,
// replicas is spec.replicas of the target.
func Poll(s *ScaledObject, state *State, ask Asker, replicas int32, ready int, now time.Time) Decision {
	d := Decision{}
	var active []string
	external := 0
	failed := false
	for i := range s.Spec.Triggers {
		t := &s.Spec.Triggers[i]
		if t.IsResource() {
			continue
		}
		external++
		r := s.read(state, i, ask, replicas, ready)
		if t.UseCachedMetrics {
			if state.cached == nil {
				state.cached = map[int]Reading{}
			}
			state.cached[i] = r
		}
		switch {
		case r.Err != nil:
			failed = true
			d.Failed = append(d.Failed, fmt.Sprintf("%s: %s", s.MetricName(i), r.Err))
		case r.Active:
			active = append(active, s.MetricName(i))
		}
	}
	d.Active = len(active) > 0 || (external == 0 && !failed) // CPU and memory alone never activate
	if d.Active || s.annotated(ForceActivation) {
		s.activate(state, &d, active, failed, replicas, now)
	} else {
		s.deactivate(state, &d, failed, replicas, now)
	}
	return d
}

func (s *ScaledObject) activate(state *State, d *Decision, active []string, failed bool, replicas int32,
	now time.Time) {
	switch {
	case replicas == 0, s.Spec.IdleReplicaCount != nil && replicas < s.minimum():
		if s.annotated(PausedScaleOut) {
			d.Reason = "scaling out is paused by an annotation"
			return
		}
		to := max(1, s.minimum())
		d.Scale, state.lastActive = &to, now
		d.Reason = "triggered by " + strings.Join(active, ";")
		if s.annotated(ForceActivation) {
			d.Reason = "caused by forced activation annotation"
		}
	case failed:
		d.Reason = "some triggers are active, others have no value"
	default:
		d.Reason = "triggers are active"
		state.lastActive = now
	}
}

func (s *ScaledObject) deactivate(state *State, d *Decision, failed bool, replicas int32, now time.Time) {
	idle := s.Spec.IdleReplicaCount
	switch {
	case failed && s.Spec.Fallback != nil && s.Spec.Fallback.Replicas != 0:
		d.Reason = "triggers have no value; after the failure threshold the fallback's replicas hold"
	case failed && s.Spec.Fallback == nil:
		d.Reason = "triggers have no value"
	case idle != nil && replicas > *idle, replicas > 0 && s.minimum() == 0:
		s.toIdle(state, d, now)
	case idle == nil && replicas < s.minimum():
		to := s.minimum()
		d.Scale, d.Reason = &to, "spec.replicas was below minReplicaCount"
	default:
		d.Reason = "triggers are not active"
	}
}

// toIdle scales to idleReplicaCount, or to nothing, when the cooldown is over.
// What nobody saw active is not waited for (scaleToZeroOrIdle).
func (s *ScaledObject) toIdle(state *State, d *Decision, now time.Time) {
	if s.annotated(PausedScaleIn) {
		d.Reason = "scaling in is paused by an annotation"
		return
	}
	since, period := state.lastActive, or(s.Spec.CooldownPeriod, defaultCooldownPeriod)
	if since.IsZero() {
		since, period = state.Created, or(s.Spec.InitialCooldownPeriod, 0)
	}
	if end := since.Add(time.Duration(period) * time.Second); !end.Before(now) {
		d.Reason = "cooling down: triggers are not active"
		return
	}
	to := s.minimum()
	if s.Spec.IdleReplicaCount != nil {
		to = *s.Spec.IdleReplicaCount
	}
	d.Scale, d.Reason = &to, "triggers are not active and the cooldown is over"
}
