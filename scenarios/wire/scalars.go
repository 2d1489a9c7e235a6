package wire

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/nodes"
)

// scalar is a value that is written as one word.
type scalar interface {
	// parse reads the word; the error says "must be …, got …".
	parse(word string) error
	// form is the JSON Schema type and an example.
	form() (kind []string, example string)
}

// IsScalar reports whether a value of the language is written as one word.
func IsScalar(v reflect.Value) bool {
	_, is := v.Interface().(scalar)
	return is
}

// shortened is an object in whose place a text may stand, such as the path of its file:
// the member that it is for.
type shortened interface{ short() any }

func (i *Image) short() any        { return &i.Match }
func (a *Arrivals) short() any     { return &a.Path }
func (t *Trace) short() any        { return &t.File }
func (p *Prometheus) short() any   { return &p.File }
func (s *MetricSeries) short() any { return &s.File }
func (h *Hook) short() any         { return &h.Takes }

// Duration is a time span: Go's notation, and d and w for days and weeks.
type Duration time.Duration

// Quantity is a Kubernetes quantity.
type Quantity resource.Quantity

// Size is a number of bytes.
type Size int64

// SizeRate is a number of bytes per second.
type SizeRate float64

// Cores is a number of CPU cores.
type Cores float64

// PerSecond is a number of requests per second.
type PerSecond float64

// Share is a part of a whole, from 0 to 1.
type Share float64

// Bound is a bound of an expectation, read by the unit of its metric.
type Bound string

// MaxDuration is the longest time span that can be written.
const MaxDuration time.Duration = 366 * 24 * time.Hour

var longUnits = regexp.MustCompile(`^(\d+(?:\.\d+)?)([dw])`)

func parseDuration(word string) (time.Duration, error) {
	total, rest := time.Duration(0), word
	fault := fmt.Errorf("must be a duration like 90s, 2h or 1d, got %.60q", word)
	for m := longUnits.FindStringSubmatch(rest); m != nil; m = longUnits.FindStringSubmatch(rest) {
		n, err := strconv.ParseFloat(m[1], 64)
		hours := n * 24
		if m[2] == "w" {
			hours *= 7
		}
		if err != nil || hours > MaxDuration.Hours() {
			return 0, fault
		}
		total += time.Duration(hours * float64(time.Hour))
		rest = rest[len(m[0]):]
	}
	if rest != "" || word == "" {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fault
		}
		total += d
	}
	if total < 0 || total > MaxDuration {
		return 0, fmt.Errorf("must be from 0 to a year, got %.60q", word)
	}
	return total, nil
}

func (d *Duration) parse(word string) error {
	v, err := parseDuration(word)
	*d = Duration(v)
	return err
}

func (d *Duration) form() ([]string, string) { return []string{"string"}, "90s" }

func (q *Quantity) parse(word string) error {
	v, err := parseQuantity(word, "a quantity like 500m, 16Gi or 8")
	*q = Quantity(v)
	return err
}

// parseQuantity reads a quantity that is not negative.
func parseQuantity(word, what string) (resource.Quantity, error) {
	if err := nodes.CheckQuantity(word); err != nil {
		return resource.Quantity{}, err
	}
	v, err := resource.ParseQuantity(word)
	switch {
	case err != nil:
		return resource.Quantity{}, fmt.Errorf("must be %s, got %.60q", what, word)
	case v.Sign() < 0:
		return resource.Quantity{}, fmt.Errorf("must be at least 0, got %.60s", word)
	}
	return v, nil
}

func (q *Quantity) form() ([]string, string) { return []string{"string", "number"}, "16Gi" }

func parseSize(word string) (float64, error) {
	v, err := parseQuantity(word, "a size like 512Mi")
	if err == nil && v.AsApproximateFloat64() > 1<<60 {
		return 0, fmt.Errorf("must be at most 1Ei, got %.60s", word)
	}
	return v.AsApproximateFloat64(), err
}

func (s *Size) parse(word string) error {
	v, err := parseSize(word)
	*s = Size(v)
	return err
}

func (s *Size) form() ([]string, string) { return []string{"string", "number"}, "512Mi" }

// perUnit reads "NUMBER/UNIT", where UNIT is s, m, h or d; without one it is
// per second when bare is true.
func perUnit(word string, bare bool, number func(string) (float64, error)) (float64, error) {
	amount, unit, found := strings.Cut(word, "/")
	if !found && !bare {
		return 0, fmt.Errorf("must have a time unit like 30Mi/h, got %.60q", word)
	}
	seconds, known := map[string]float64{"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}[strings.TrimSpace(unit)]
	if !known {
		return 0, fmt.Errorf("must be per s, m, h or d, got %.60q", word)
	}
	v, err := number(strings.TrimSpace(amount))
	return v / seconds, err
}

func (s *SizeRate) parse(word string) error {
	v, err := perUnit(word, false, parseSize)
	*s = SizeRate(v)
	return err
}

func (s *SizeRate) form() ([]string, string) { return []string{"string"}, "30Mi/h" }

func (c *Cores) parse(word string) error {
	v, err := parseQuantity(word, "cores like 0.5 or 500m")
	*c = Cores(v.AsApproximateFloat64())
	return err
}

func (c *Cores) form() ([]string, string) { return []string{"string", "number"}, "500m" }

func (p *PerSecond) parse(word string) error {
	v, err := perUnit(word, true, func(amount string) (float64, error) {
		n, err := strconv.ParseFloat(amount, 64)
		if err != nil || p.Check(n) != nil {
			return 0, fmt.Errorf("must be a rate from 0 to 1e7 like 20 or 1200/m, got %.60q", word)
		}
		return n, nil
	})
	*p = PerSecond(v)
	return err
}

// Check is the fault of a number of requests per second, of a field or a flag.
func (p *PerSecond) Check(n float64) error {
	if !(n >= 0 && n <= 1e7) {
		return fmt.Errorf("must be a rate from 0 to 1e7, got %v", n)
	}
	return nil
}

// ParsePerSecond reads a rate such as 20 or 1200/m.
func ParsePerSecond(text string) (float64, error) {
	var p PerSecond
	err := p.parse(text)
	return float64(p), err
}

func (p *PerSecond) form() ([]string, string) { return []string{"number", "string"}, "1200/m" }

func (s *Share) parse(word string) error {
	v, err := Bound(word).In("ratio")
	if err != nil || v > 1 {
		return fmt.Errorf("must be from 0 to 100%%, got %.60q", word)
	}
	*s = Share(v)
	return nil
}

func (s *Share) form() ([]string, string) { return []string{"string", "number"}, "20%" }

func (b *Bound) parse(word string) error {
	*b = Bound(word)
	return nil
}

func (b *Bound) form() ([]string, string) { return []string{"number", "string"}, "99.9%" }

// In reads the bound in the unit of a metric.
func (b Bound) In(unit string) (float64, error) {
	word := string(b)
	switch unit {
	case "ratio":
		if percent, is := strings.CutSuffix(word, "%"); is {
			v, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
			if err == nil && v >= 0 && v <= 1e6 {
				return v / 100, nil
			}
		} else if v, err := strconv.ParseFloat(word, 64); err == nil && v >= 0 && v <= 1e6 {
			return v, nil
		}
		return 0, fmt.Errorf("must be a ratio like 99.9%% or 0.999, got %.60q", word)
	case "seconds":
		if v, err := strconv.ParseFloat(word, 64); err == nil && v >= 0 && !math.IsInf(v, 0) {
			return v, nil
		}
		d, err := parseDuration(word)
		return d.Seconds(), err
	case "bytes":
		return parseSize(word)
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("must be a number, got %.60q", word)
	}
	return v, nil
}
