package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
)

// Column returns how the values of a column are written that have one unit: all in one
// multiple of it, with as many decimals, so that they can be compared at a glance.
func Column(unit string, values ...stat.Value) func(stat.Value) string {
	top, whole := 0.0, true
	for _, v := range values {
		if f := math.Abs(float64(v)); v.Known() && !math.IsInf(f, 0) {
			top, whole = max(top, f), whole && f == math.Trunc(f)
		}
	}
	write := func(float64) string { return "" }
	switch {
	case unit == "ratio":
		decimals := percentDecimals(values)
		write = func(f float64) string { return fixed(100*f, decimals) + " %" }
	case unit == "seconds" && top < 1:
		decimals := decimalsOf(1000 * top)
		write = func(f float64) string { return fixed(1000*f, decimals) + "ms" }
	case unit == "seconds" && top < 99.95:
		decimals := decimalsOf(top)
		write = func(f float64) string { return fixed(f, decimals) + "s" }
	case unit == "seconds":
		write = Duration
	case unit == "bytes":
		units, i := []string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}, 0
		for ; top >= 1000 && i < len(units)-1; i++ {
			top /= 1024
		}
		decimals, by := decimalsOf(top), math.Pow(1024, float64(i))
		write = func(f float64) string { return fixed(f/by, decimals) + units[i] }
	case unit == "usd":
		decimals := max(2, decimalsOf(top))
		write = func(f float64) string { return fixed(f, decimals) + " USD" }
	case whole || top >= 1000:
		write = func(f float64) string { return Count(int64(math.Round(f))) }
	default:
		decimals := max(decimalsOf(top), min(2, 1-int(math.Ceil(math.Log10(least(values))))))
		write = func(f float64) string { return fixed(f, decimals) }
	}
	return func(v stat.Value) string {
		f := float64(v)
		switch {
		case !v.Known():
			return "no value"
		case math.IsInf(f, 0):
			return Unit(v, unit)
		}
		return write(f)
	}
}

// least is the smallest value that is not 0, of those that are known, 1 for none.
func least(values []stat.Value) float64 {
	least := math.Inf(1)
	for _, v := range values {
		if f := math.Abs(float64(v)); v.Known() && f > 0 {
			least = min(least, f)
		}
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return least
}

// fixed writes a number with so many decimals, and nothing as 0.
func fixed(f float64, decimals int) string {
	text := strconv.FormatFloat(f, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

// decimalsOf are those that give the largest of some numbers three digits.
func decimalsOf(top float64) int {
	if top == 0 {
		return 0
	}
	return min(6, max(0, 2-int(math.Floor(math.Log10(top)))))
}

// percentDecimals are those that tell ratios from 0 % and 100 %.
func percentDecimals(values []stat.Value) (decimals int) {
	for _, v := range values {
		_, text, _ := strings.Cut(strings.TrimSuffix(Percent(float64(v)), " %"), ".")
		decimals = max(decimals, len(text))
	}
	return decimals
}

// PercentagePoints is how differences of ratios are written, as Column does.
func PercentagePoints(values ...stat.Value) func(stat.Value) string {
	top := 0.0
	for _, v := range values {
		if v.Known() && !math.IsInf(float64(v), 0) {
			top = max(top, math.Abs(float64(v)))
		}
	}
	decimals := max(0, decimalsOf(100*top)-1)
	return func(v stat.Value) string { return fmt.Sprintf("%s pp", fixed(100*float64(v), decimals)) }
}
