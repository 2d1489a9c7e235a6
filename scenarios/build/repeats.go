package build

import "github.com/kube-rehearse/rehearse/sim/load"

// mostAtOnce bounds how often a request may go through steps that take no time.
// Millions of events at one instant are taken for a livelock.
const mostAtOnce = 1_000_000

// comesForward holds that a repeat passes time, or ends soon.
func (b *builder) comesForward(at string, r load.Repeat) {
	if n := atOnce(r); n > mostAtOnce {
		b.fault(at, "must be at most %d in all for steps that may take no time, got %.3g", mostAtOnce, n)
	}
}

// atOnce is how many times a step is gone through at one instant, on average:
// the product of its repeats down to steps that take time, 0 for those.
func atOnce(step load.Step) float64 {
	switch s := step.(type) {
	case load.Repeat:
		return s.Times.Mean() * allAtOnce(s.Steps)
	case load.Chance:
		if s.Probability > mostlyNever && allAtOnce(s.Steps) == 0 {
			return 0
		}
	case load.Wait:
		if s.Time.Mean() > 0 {
			return 0
		}
	case load.Compute:
		if s.Time.Mean() > 0 {
			return 0
		}
	case load.Work:
		if s.Time.Mean() > 0 {
			return 0
		}
	case load.Tool:
		if s.Time.Mean() > 0 {
			return 0
		}
	case load.Call, load.Generate:
		return 0
	}
	return 1
}

// mostlyNever is a probability below which steps hardly ever pass time.
const mostlyNever = 1e-4

// allAtOnce is atOnce of steps one after the other.
func allAtOnce(steps []load.Step) float64 {
	sum := 0.0
	for _, s := range steps {
		n := atOnce(s)
		if n == 0 {
			return 0
		}
		sum += n
	}
	return max(1, sum)
}
