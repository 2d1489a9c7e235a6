package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/size"
)

// longRun is the CPU time from which on a run is called large.
const longRun = 20 * time.Minute

// foresee warns of a run that is too large, before it begins. It goes by the input
// alone, so what clients try again and what servers call comes on top.
func foresee(s Streams, spec *cluster.Spec) {
	is := size.Of(spec)
	cost := is.Cost(spec.Replications, workers())
	long, large := cost.CPU > longRun, s.brake.limit.bytes > 0 && cost.Memory > s.brake.limit.bytes
	if !long && !large {
		return
	}
	fmt.Fprintf(s.Err, "warning: %s is large: %d × %s with up to %s pods and about %s requests each", spec.Name,
		spec.Replications, spec.Duration, about(is.Pods+is.Started), about(is.Requests))
	if long {
		fmt.Fprintf(s.Err, "; about %s of CPU time", aboutTime(cost.CPU))
	}
	if large {
		fmt.Fprintf(s.Err, "; about %s of memory, the limit is %s", inUnits(cost.Memory), s.brake.limit.text)
	}
	fmt.Fprintln(s.Err, ". --duration, --replications and less traffic make it smaller")
}

// about is a number with two digits that count: 1200000 is 1.2 million.
func about(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}} {
		if n >= unit.size {
			return twoDigits(n/unit.size) + unit.name
		}
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// twoDigits rounds a number of at least 1 to two digits.
func twoDigits(n float64) string {
	if n >= 10 {
		power := math.Pow(10, math.Floor(math.Log10(n))-1)
		return strconv.FormatFloat(math.Round(n/power)*power, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0")
}

// aboutTime is a time in the largest unit that it fills.
func aboutTime(d time.Duration) string {
	switch hours := d.Hours(); {
	case hours >= 48:
		return about(hours/24) + " days"
	case hours >= 2:
		return twoDigits(hours) + " hours"
	}
	return about(d.Minutes()) + " minutes"
}
