package distribution

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Unit reads and writes one number of a distribution in the notation of the
// field it stands in: "1.5s", "512Mi", "3".
type Unit struct {
	Parse  func(string) (float64, error)
	Format func(float64) string
}

// Parse reads the notations
//
//	V                          always V
//	exponential(MEAN)
//	uniform(MIN, MAX)
//	lognormal(MEDIAN, P99)
//	pareto(MEDIAN, P99)
//
// where every number is written in the given unit. A fault is returned as
// "must …, got …".
func Parse(text string, unit Unit) (Dist, error) {
	name, arguments, isLaw := strings.Cut(strings.TrimSpace(text), "(")
	if !isLaw {
		v, err := positive(text, unit, true)
		if err != nil {
			return nil, err
		}
		return Constant(v), nil
	}
	body, ok := strings.CutSuffix(arguments, ")")
	if !ok {
		return nil, fmt.Errorf("must close its bracket, got %q", text)
	}
	var values []float64
	for _, a := range strings.Split(body, ",") {
		v, err := positive(strings.TrimSpace(a), unit, name == "uniform")
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	law, known := laws[strings.TrimSpace(name)]
	if !known {
		return nil, fmt.Errorf(
			"must be a value or one of exponential(MEAN), uniform(MIN, MAX), lognormal(MEDIAN, P99), pareto(MEDIAN, P99), got %q", text)
	}
	if len(values) != law.arity {
		return nil, fmt.Errorf("must be %s, got %q", law.form, text)
	}
	return law.build(text, values)
}

type law struct {
	form  string
	arity int
	build func(text string, v []float64) (Dist, error)
}

var laws = map[string]law{
	"exponential": {"exponential(MEAN)", 1, func(_ string, v []float64) (Dist, error) { return Exponential(v[0]), nil }},
	"uniform": {"uniform(MIN, MAX)", 2, func(text string, v []float64) (Dist, error) {
		if v[1] < v[0] {
			return nil, fmt.Errorf("must have MAX at or above MIN, got %q", text)
		}
		return Uniform{v[0], v[1]}, nil
	}},
	"lognormal": {"lognormal(MEDIAN, P99)", 2, func(text string, v []float64) (Dist, error) {
		if v[1] < v[0] {
			return nil, fmt.Errorf("must have P99 at or above MEDIAN, got %q", text)
		}
		return LogNormalFromMedianP99(v[0], v[1]), nil
	}},
	"pareto": {"pareto(MEDIAN, P99)", 2, func(text string, v []float64) (Dist, error) {
		switch {
		case v[1] <= v[0]:
			return nil, fmt.Errorf("must have P99 above MEDIAN, got %q", text)
		case v[1] >= paretoSpread*v[0]:
			return nil, fmt.Errorf("must have a mean: P99 below %d times MEDIAN, got %q", paretoSpread, text)
		}
		return ParetoFromMedianP99(v[0], v[1]), nil
	}},
}

func positive(text string, unit Unit, zeroAllowed bool) (float64, error) {
	v, err := unit.Parse(strings.TrimSpace(text))
	if err != nil {
		return 0, err
	}
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || (v == 0 && !zeroAllowed) {
		return 0, fmt.Errorf("must be positive, got %q", text)
	}
	return v, nil
}

// text writes a number without a unit, for String methods.
func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (c Constant) String() string    { return text(float64(c)) }
func (e Exponential) String() string { return fmt.Sprintf("exponential(%s)", text(float64(e))) }
func (u Uniform) String() string     { return fmt.Sprintf("uniform(%s, %s)", text(u.Min), text(u.Max)) }
func (l LogNormal) String() string {
	return fmt.Sprintf("lognormal(%s, %s)", text(math.Exp(l.Mu)), text(math.Exp(l.Mu+z99*l.Sigma)))
}
func (p Pareto) String() string {
	return fmt.Sprintf("pareto(%s, %s)", text(p.Scale*math.Pow(2, 1/p.Shape)), text(p.Scale*math.Pow(100, 1/p.Shape)))
}
