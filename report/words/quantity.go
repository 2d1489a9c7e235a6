package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
)

// WholePercent writes a ratio in percent without digits after the point.
func WholePercent(ratio float64) string { return fmt.Sprintf("%.0f %%", ratio*100) }

// Bytes writes an amount of memory as Kubernetes does, rounded to three
// digits: 512Mi, 1.25Gi.
func Bytes(b float64) string {
	units := []string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}
	i := 0
	for math.Abs(b) >= 1000 && i < len(units)-1 {
		b /= 1024
		i++
	}
	return Digits(b, 3) + units[i]
}

// BytesAtLeast is Bytes, rounded up where that is to be set.
func BytesAtLeast(b float64) string {
	unit := 1.0
	for b/unit >= 1000 {
		unit *= 1024
	}
	step := unit
	for b/step < 100 && step > 1 {
		step /= 10 // three digits
	}
	return Bytes(math.Ceil(b/step*(1-1e-12)) * step)
}

// Cores writes CPU as Kubernetes does: 250m, 1.5, 96.
func Cores(cores float64) string {
	if cores != 0 && math.Abs(cores) < 1 {
		return strconv.FormatFloat(math.Round(cores*1000), 'f', 0, 64) + "m"
	}
	return Digits(cores, 3)
}

// Digits writes x with n significant digits, or all digits before the point,
// without an exponent or trailing zeros.
func Digits(x float64, n int) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return strings.ToLower(strconv.FormatFloat(x, 'f', -1, 64))
	}
	decimals := max(0, n-1-int(math.Floor(math.Log10(math.Abs(x)))))
	return trimZeros(strconv.FormatFloat(x, 'f', decimals, 64))
}

// trimZeros drops zeros after the point.
func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Duration writes seconds as 850ms, 12.4s, 3m20s, 2h05m or 3d4h.
func Duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds):
		return "-"
	case math.IsInf(seconds, 1):
		return "never ends"
	case seconds < 0:
		return "-" + Duration(-seconds)
	case seconds == 0:
		return "0s"
	case seconds < 0.9995:
		return Digits(seconds*1000, 3) + "ms"
	case seconds < 99.95:
		return Digits(math.Round(seconds*10)/10, 4) + "s"
	}
	whole := int64(math.Round(seconds))
	days, hours, minutes, rest := whole/86400, whole/3600%24, whole/60%60, whole%60
	switch {
	case days > 0:
		return withRest(days, "d", hours, "%dh")
	case hours > 0:
		return withRest(hours, "h", minutes, "%02dm")
	default:
		return withRest(minutes, "m", rest, "%02ds")
	}
}

func withRest(whole int64, unit string, rest int64, format string) string {
	s := strconv.FormatInt(whole, 10) + unit
	if rest > 0 {
		s += fmt.Sprintf(format, rest)
	}
	return s
}

// Time writes a duration as Duration does.
func Time(t sim.Time) string { return Duration(t.Seconds()) }

// Clock writes a time since the start: 5.2s, 30m05.2s, 1h30m00s.
func Clock(t sim.Time) string {
	tenths := int64(math.Round(t.Seconds() * 10))
	if tenths < 600 {
		return fmt.Sprintf("%d.%ds", tenths/10, tenths%10)
	}
	rest := fmt.Sprintf("%02d", tenths/10%60)
	if tenths%10 != 0 {
		rest += fmt.Sprintf(".%d", tenths%10)
	}
	minutes := tenths / 600
	if minutes < 60 {
		return fmt.Sprintf("%dm%ss", minutes, rest)
	}
	return fmt.Sprintf("%dh%02dm%ss", minutes/60, minutes%60, rest)
}

// Percent writes a ratio in percent, with as many digits as tell it from
// 0 % and 100 %: 99.987 %, 61 %, 0.04 %.
func Percent(ratio float64) string {
	percent := ratio * 100
	switch away := math.Min(math.Abs(percent), math.Abs(100-percent)); {
	case math.IsNaN(percent):
		return "-"
	case math.IsInf(percent, 0):
		return "infinite"
	case away == 0:
		return Digits(percent, 3) + " %"
	case percent > 50 && percent < 100:
		decimals := max(0, 1-int(math.Floor(math.Log10(away))))
		return trimZeros(strconv.FormatFloat(percent, 'f', decimals, 64)) + " %"
	default:
		return Digits(percent, 2) + " %"
	}
}

// Count groups the digits of a whole number: 1,234,567.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Unit writes a value in the unit of its metric.
func Unit(v stat.Value, unit string) string {
	f := float64(v)
	switch {
	case !v.Known():
		return "no value"
	case unit == "ratio":
		return Percent(f)
	case unit == "seconds":
		return Duration(f)
	case unit == "bytes":
		return Bytes(f)
	case unit == "usd":
		return Digits(f, 3) + " USD"
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return Count(int64(f))
	default:
		return Digits(f, 3)
	}
}
