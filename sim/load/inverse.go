package load

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
)

// reach is the first instant in (low, high] at which n arrivals are expected.
// The caller knows that Integral(low) < n ≤ Integral(high).
//
// Newton's steps bring it near, and halving finds the nanosecond: the integral
// never falls.
func reach(rate Rate, low, high sim.Time, n float64) sim.Time {
	if c, is := rate.(Constant); is {
		return min(high, max(low+1, sim.Time(math.Ceil(n/c.PerSecond*1e9))))
	}
	at := low
	for range 4 {
		missing, slope := n-rate.Integral(at), rate.At(at)
		step := missing / slope * 1e9
		if !(slope > 0) || math.Abs(step) > float64(high-low) {
			break
		}
		at = min(high, max(low, at+sim.Time(step)))
		if math.Abs(step) < 1 {
			break
		}
	}
	low, high = bracket(rate, low, high, at, n)
	for high-low > 1 {
		middle := low + (high-low)/2
		if rate.Integral(middle) < n {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// bracket narrows (low, high] around a guess, by steps that double.
func bracket(rate Rate, low, high, guess sim.Time, n float64) (sim.Time, sim.Time) {
	if guess <= low || guess >= high {
		return low, high
	}
	if rate.Integral(guess) < n {
		low = guess
		for step := sim.Time(1); high-low > step; step *= 2 {
			if rate.Integral(low+step) >= n {
				return low, low + step
			}
			low += step
		}
		return low, high
	}
	high = guess
	for step := sim.Time(1); high-low > step; step *= 2 {
		if rate.Integral(high-step) < n {
			return high - step, high
		}
		high -= step
	}
	return low, high
}
