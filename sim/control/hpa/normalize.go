package hpa

import (
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
)

// Without spec.behavior a scale-up goes at most to twice the size, or to 4.
const (
	scaleUpFactor  = 2
	scaleUpMinimum = 4
)

const (
	withinRange       = "the desired count is within the acceptable range"
	tooMany           = "the desired replica count is more than the maximum replica count"
	tooFew            = "the desired replica count is less than the minimum replica count"
	tooFast           = "the desired replica count is increasing faster than the maximum scale rate"
	tooFastDown       = "the desired replica count is decreasing faster than the maximum scale rate"
	higherBefore      = "recent recommendations were higher than current one, applying the highest recent recommendation"
	lowerBefore       = "recent recommendations were lower than current one, applying the lowest recent recommendation"
	recommendedIsSize = "recommended size matches current size"
)

// normalize limits Desired for an autoscaler without spec.behavior
// (normalizeDesiredReplicas). What is remembered is the recommendation before
// the limits, so that the window can push a scale-up, too.
func (s *sync) normalize() {
	wanted := s.Desired
	s.Stabilized = s.stabilize(wanted)
	s.sayStabilized(wanted, "ScaleDownStabilized", higherBefore)
	limit := int32(math.Max(scaleUpFactor*float64(s.Current), scaleUpMinimum))
	reason, message := "DesiredWithinRange", withinRange
	s.Desired = s.Stabilized
	most := min(s.hpa.Spec.MaxReplicas, limit)
	switch {
	case s.Desired < s.least:
		s.Desired, reason, message = s.least, "TooFewReplicas", tooFew
	case s.Desired > most && s.hpa.Spec.MaxReplicas > limit:
		s.Desired, reason, message = limit, "ScaleUpLimit", tooFast
	case s.Desired > most:
		s.Desired, reason, message = most, "TooManyReplicas", tooMany
	}
	s.sayLimited(reason, message)
}

func (s *sync) sayStabilized(wanted int32, reason, message string) {
	if s.Stabilized == wanted {
		reason, message = "ReadyForNewScale", recommendedIsSize
	}
	s.condition(autoscalingv2.AbleToScale, v1.ConditionTrue, reason, "%s", message)
}

func (s *sync) sayLimited(reason, message string) {
	status := v1.ConditionTrue
	if s.Desired == s.Stabilized {
		status = v1.ConditionFalse
	}
	s.condition(autoscalingv2.ScalingLimited, status, reason, "%s", message)
}

// stabilize is the highest recommendation of the last time
// (stabilizeRecommendation).
func (s *sync) stabilize(wanted int32) int32 {
	highest, old := wanted, -1
	cutoff := s.now.Add(-s.cfg.DownscaleStabilization)
	for i, r := range s.state.recommendations {
		if r.at.Before(cutoff) {
			old = i
		} else {
			highest = max(highest, r.replicas)
		}
	}
	s.remember(wanted, old)
	return highest
}

// remember keeps a recommendation in the place of an outdated one.
func (s *sync) remember(wanted int32, old int) {
	if r := (recommendation{wanted, s.now}); old >= 0 {
		s.state.recommendations[old] = r
	} else {
		s.state.recommendations = append(s.state.recommendations, r)
	}
}

// normalizeWithBehavior limits Desired by spec.behavior
// (normalizeDesiredReplicasWithBehaviors): first the windows, then the
// policies, then minimum and maximum.
func (s *sync) normalizeWithBehavior() {
	wanted := s.Desired
	reason, message := "ScaleDownStabilized", higherBefore
	if wanted >= s.Current {
		reason, message = "ScaleUpStabilized", lowerBefore
	}
	s.Stabilized = s.stabilizeWithBehavior(wanted)
	s.sayStabilized(wanted, reason, message)
	s.Desired = s.Stabilized
	s.sayLimited(s.limitRate())
}

// stabilizeWithBehavior brings the size between the lowest recommendation of
// the window for scale-ups and the highest of that for scale-downs
// (stabilizeRecommendationWithBehaviors).
func (s *sync) stabilizeWithBehavior(wanted int32) int32 {
	up, down, old := wanted, wanted, -1
	upCutoff := s.now.Add(-seconds(*s.hpa.Spec.Behavior.ScaleUp.StabilizationWindowSeconds))
	downCutoff := s.now.Add(-seconds(s.downWindow()))
	for i, r := range s.state.recommendations {
		if r.at.After(upCutoff) {
			up = min(up, r.replicas)
		}
		if r.at.After(downCutoff) {
			down = max(down, r.replicas)
		}
		if r.at.Before(upCutoff) && r.at.Before(downCutoff) {
			old = i
		}
	}
	s.remember(wanted, old)
	return min(max(s.Current, up), down)
}

// downWindow is the window for scale-downs in seconds.
func (s *sync) downWindow() int32 {
	if window := s.hpa.Spec.Behavior.ScaleDown.StabilizationWindowSeconds; window != nil {
		return *window
	}
	return int32(s.cfg.DownscaleStabilization.Seconds())
}

// limitRate applies the policies and the bounds to Desired and says which one
// held it (convertDesiredReplicasWithBehaviorRate).
func (s *sync) limitRate() (reason, message string) {
	b := s.hpa.Spec.Behavior
	switch {
	case s.Desired > s.Current:
		limit := max(s.Current, s.rateLimit(b.ScaleUp, true))
		most := s.hpa.Spec.MaxReplicas
		reason, message = "TooManyReplicas", tooMany
		if most > limit {
			most, reason, message = limit, "ScaleUpLimit", tooFast
		}
		if s.Desired > most {
			s.Desired = most
			return reason, message
		}
	case s.Desired < s.Current:
		limit := min(s.Current, s.rateLimit(b.ScaleDown, false))
		fewest := s.least
		reason, message = "TooFewReplicas", tooFew
		if fewest < limit {
			fewest, reason, message = limit, "ScaleDownLimit", tooFastDown
		}
		if s.Desired < fewest {
			s.Desired = fewest
			return reason, message
		}
	}
	return "DesiredWithinRange", withinRange
}

// rateLimit is the largest (up) or smallest size that the policies allow now
// (calculateScaleUpLimitWithScalingRules,
// calculateScaleDownLimitWithBehaviors).
func (s *sync) rateLimit(rules *autoscalingv2.HPAScalingRules, up bool) int32 {
	choice := *rules.SelectPolicy
	if choice == autoscalingv2.DisabledPolicySelect {
		return s.Current
	}
	// The policy that allows most gives the highest size upwards, the lowest
	// downwards.
	highest := (choice != autoscalingv2.MinChangePolicySelect) == up
	result := int32(math.MaxInt32)
	if highest {
		result = math.MinInt32
	}
	for _, p := range rules.Policies {
		start := s.Current - s.changed(s.state.ups, p.PeriodSeconds) + s.changed(s.state.downs, p.PeriodSeconds)
		var proposed int32
		switch percent := float64(p.Value) / 100; {
		case p.Type == autoscalingv2.PodsScalingPolicy && up:
			proposed = start + p.Value
		case p.Type == autoscalingv2.PodsScalingPolicy:
			proposed = start - p.Value
		case up:
			proposed = int32(math.Ceil(float64(start) * (1 + percent)))
		default:
			proposed = int32(float64(start) * (1 - percent))
		}
		if highest {
			result = max(result, proposed)
		} else {
			result = min(result, proposed)
		}
	}
	return result
}

// changed is by how much the size changed in the last period.
func (s *sync) changed(events []scaleEvent, period int32) (n int32) {
	cutoff := s.now.Add(-seconds(period))
	for _, e := range events {
		if e.at.After(cutoff) {
			n += e.change
		}
	}
	return n
}

// storeScaleEvent remembers a rescale for the policies, in the place of one
// that no policy looks at any more.
func (s *sync) storeScaleEvent() {
	b := s.hpa.Spec.Behavior
	if b == nil {
		return
	}
	events, rules, change := &s.state.downs, b.ScaleDown, s.Current-s.Desired
	if s.Desired > s.Current {
		events, rules, change = &s.state.ups, b.ScaleUp, -change
	}
	longest := int32(0)
	for _, p := range rules.Policies {
		longest = max(longest, p.PeriodSeconds)
	}
	cutoff, old := s.now.Add(-seconds(longest)), -1
	for i := range *events {
		e := &(*events)[i]
		e.outdated = e.outdated || e.at.Before(cutoff)
		if e.outdated {
			old = i
		}
	}
	if e := (scaleEvent{change: change, at: s.now}); old >= 0 {
		(*events)[old] = e
	} else {
		*events = append(*events, e)
	}
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
