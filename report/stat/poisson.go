package stat

import "math"

// NoEstimate is where the data say nothing.
var NoEstimate = Estimate{Missing, Unbounded}

// SecondsPerDay are those of a day without leap seconds.
const SecondsPerDay = 86400

// PerPodDay estimates the probability that a pod is OOM-killed within a day:
// 1 − exp(−rate), with the rate's interval taken along, for it is exact under
// any increasing function.
//
// The rate counts each pod at its first kill only, over the time that pods
// ran up to it: a container that is killed again and again is one pod at
// risk, not many, and its kills are not independent. Pods of one replication
// share their load, so they are not quite independent either; the probability
// per run rests on replications alone and has no such doubt. A constant rate
// is assumed: a leak needs time to show, so a run shorter than the leak gives
// too low a number.
func PerPodDay(podsKilled int64, podDaysAtRisk float64) Estimate {
	probability := func(rate Value) Value {
		if !rate.Known() {
			return Missing
		}
		return Value(-math.Expm1(-float64(rate)))
	}
	rate := Garwood(podsKilled, podDaysAtRisk)
	e := Estimate{Missing, Interval{probability(rate.Low), probability(rate.High)}}
	if podsKilled > 0 && podDaysAtRisk > 0 {
		e.Value = probability(Value(float64(podsKilled) / podDaysAtRisk))
	}
	return e
}

// PerRun estimates the probability that a run sees a kill from independent
// replications.
func PerRun(runsHit, runs int64) Estimate {
	e := Estimate{Missing, ClopperPearson(runsHit, runs)}
	if runsHit > 0 && runs > 0 {
		e.Value = Value(float64(runsHit) / float64(runs))
	}
	return e
}

// Estimate is a number with its interval.
type Estimate struct {
	Value Value `json:"value"`
	Interval
}
