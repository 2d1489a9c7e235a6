package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// DurationDist is a distribution of a time span in seconds.
type DurationDist struct{ distribution.Dist }

// CountDist is a distribution of a number.
type CountDist struct{ distribution.Dist }

// SizeDist is a distribution of a number of bytes.
type SizeDist struct{ distribution.Dist }

// secondsUnit is how durations are written inside distributions.
var secondsUnit = distribution.Unit{
	Parse: func(word string) (float64, error) {
		d, err := parseDuration(word)
		return d.Seconds(), err
	},
	Format: func(v float64) string { return time.Duration(v * float64(time.Second)).String() },
}

func (d *DurationDist) parse(word string) error {
	v, err := parseLaw(word, secondsUnit)
	d.Dist = v
	return err
}

// parseLaw reads a distribution. Inside { } YAML cuts it at its comma.
func parseLaw(word string, unit distribution.Unit) (distribution.Dist, error) {
	v, err := distribution.Parse(word, unit)
	if err != nil && strings.Contains(word, "(") && !strings.Contains(word, ")") {
		err = fmt.Errorf("%w (inside { } it needs quotes, for its comma)", err)
	}
	return v, err
}

func (d *DurationDist) form() ([]string, string) {
	return []string{"string"}, "lognormal(250ms, 2s)"
}

// countUnit is how plain numbers are written inside distributions.
var countUnit = distribution.Unit{
	Parse: func(word string) (float64, error) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsNaN(v) || v < 0 || v > 1e9 {
			return 0, fmt.Errorf("must be a number from 0 to 1e9, got %.60q", word)
		}
		return v, nil
	},
	Format: func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) },
}

func (c *CountDist) parse(word string) error {
	v, err := parseLaw(word, countUnit)
	c.Dist = v
	return err
}

func (c *CountDist) form() ([]string, string) { return []string{"number", "string"}, "uniform(1, 4)" }

var sizeUnit = distribution.Unit{
	Parse:  parseSize,
	Format: func(v float64) string { return resource.NewQuantity(int64(v), resource.BinarySI).String() },
}

func (s *SizeDist) parse(word string) error {
	v, err := parseLaw(word, sizeUnit)
	s.Dist = v
	return err
}

func (s *SizeDist) form() ([]string, string) {
	return []string{"string", "number"}, "lognormal(50Mi, 800Mi)"
}
