package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Time is an instant in nanoseconds since the start of the simulation.
type Time int64

// Never is later than every instant that can be reached.
const Never Time = math.MaxInt64

const second = Time(time.Second)

// Add returns the instant d after t, at most Never.
func (t Time) Add(d time.Duration) Time {
	if sum := t + Time(d); d < 0 || sum >= t {
		return sum
	}
	return Never
}

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Seconds is t in seconds, rounded to a float64.
func (t Time) Seconds() float64 { return float64(t) / float64(second) }

// String is t in seconds, exact: "12.345s".
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	return string(t.decimal()) + "s"
}

// decimal writes t in seconds without rounding and without trailing zeros.
func (t Time) decimal() []byte {
	var b []byte
	magnitude := uint64(t)
	if t < 0 {
		b, magnitude = append(b, '-'), -magnitude
	}
	b = strconv.AppendUint(b, magnitude/uint64(second), 10)
	if fraction := magnitude % uint64(second); fraction != 0 {
		digits := fmt.Appendf(nil, ".%09d", fraction)
		for digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		b = append(b, digits...)
	}
	return b
}

// MarshalJSON writes decimal seconds, exact to the nanosecond.
func (t Time) MarshalJSON() ([]byte, error) { return t.decimal(), nil }

// UnmarshalJSON reads decimal seconds with at most nine decimals.
func (t *Time) UnmarshalJSON(b []byte) error {
	whole, fraction, _ := strings.Cut(string(b), ".")
	if len(fraction) > 9 || !isDigits(strings.TrimPrefix(whole, "-")) || (fraction != "" && !isDigits(fraction)) ||
		strings.HasSuffix(string(b), ".") {
		return fmt.Errorf("time: must be decimal seconds with at most 9 decimals, got %.40s", b)
	}
	n, err := strconv.ParseInt(whole+(fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return fmt.Errorf("time: must be within ±292 years in seconds, got %.40s", b)
	}
	*t = Time(n)
	return nil
}

func isDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
