package plan

import (
	"fmt"
	"io"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// SchemaName names the version of Answer's JSON form.
const SchemaName = "rehearse.dev/plan/v1alpha1"

// hoursOfMonth is how many hours a month has, as cloud providers count.
const hoursOfMonth = 730

// Answer is what a plan says.
type Answer struct {
	Schema     string      `json:"schema"`
	Dimensions []Dimension `json:"dimensions"`
	// Asked says in words what was asked for beside the input's own expectations.
	Asked []string `json:"asked"`
	// Cheapest is the cheapest setting that meets the expectations, null for none.
	Cheapest *Choice `json:"cheapest"`
	RunnerUp *Choice `json:"runnerUp"`
	// Binds is the setting next below the answer in price, which does not meet them.
	Binds *Choice `json:"binds"`
	// Nearest is, without an answer, the setting that misses the fewest expectations, of
	// those that miss as many the dearest.
	Nearest *Choice `json:"nearest"`
	// Patch makes the answer's changes of the files or objects, left out when nobody asked
	// for it.
	Patch        string `json:"patch,omitempty"`
	Replications int    `json:"replications"` // of each setting that is played in full
	Settings     int    `json:"settings"`
	Played       int    `json:"replicationsPlayed"`
	Grid         int    `json:"replicationsOfGrid"` // of all settings in full
}

// Choice is a setting, what it costs and what was measured of it.
type Choice struct {
	Values       []string                   `json:"values"` // one for each dimension
	Price        Price                      `json:"price"`
	USDPerMonth  float64                    `json:"usdPerMonth"` // of 730 hours
	Replications int                        `json:"replications"`
	Expectations []result.ExpectationResult `json:"expectations"`
}

// NewChoice is a setting with what was measured of it.
func NewChoice(values []string, price Price, replications int, v result.Verdict) *Choice {
	return &Choice{Values: values, Price: price, USDPerMonth: price.USDPerHour * hoursOfMonth,
		Replications: replications, Expectations: v.Expectations}
}

// Misses counts the expectations that do not hold.
func (c *Choice) Misses() (n int) {
	for _, e := range c.Expectations {
		if !e.Pass {
			n++
		}
	}
	return n
}

// Write writes an answer as text, md or json.
func Write(w io.Writer, a *Answer, format string) error {
	if format == "json" {
		return writeJSON(w, a)
	}
	bullet, indent := bullets(format)
	var b strings.Builder
	a.lines(&b, bullet, indent)
	b.WriteString(words.Block("PATCH", a.Patch, format == "md"))
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *Answer) lines(b *strings.Builder, bullet, indent string) {
	if a.Cheapest != nil {
		fmt.Fprintf(b, "PLAN  the cheapest setting that holds is %s\n\n", a.named(a.Cheapest))
		fmt.Fprintf(b, "%scosts %s\n", bullet, a.Cheapest.costs())
		a.Cheapest.each(b, indent, false)
	} else {
		fmt.Fprintf(b, "PLAN  none of %s holds\n\n", words.CountOf(a.Settings, "setting"))
	}
	for _, other := range []struct {
		title   string
		choice  *Choice
		missing bool
	}{{"what binds", a.Binds, true}, {"runner-up", a.RunnerUp, true}, {"nearest", a.Nearest, true}} {
		if other.choice != nil {
			fmt.Fprintf(b, "%s%s: %s, %s\n", bullet, other.title, a.named(other.choice), other.choice.costs())
			other.choice.each(b, indent, other.missing)
		}
	}
	for _, asked := range a.Asked {
		fmt.Fprintf(b, "%sasked for: %s\n", bullet, asked)
	}
	fmt.Fprintf(b, "%sspent %d of the %d replications of the whole grid (%s, %d each)\n", bullet, a.Played, a.Grid,
		words.CountOf(a.Settings, "setting"), a.Replications)
}

// named is a choice in the words of the flags that make it.
func (a *Answer) named(c *Choice) string {
	var list []string
	for i, d := range a.Dimensions {
		switch {
		case d.Path == "":
			list = append(list, "--nodes "+c.Values[i])
		default:
			list = append(list, fmt.Sprintf("--set '%s=%s'", d.Path, c.Values[i]))
		}
	}
	return strings.Join(list, " ")
}

func (c *Choice) costs() string {
	machines := words.CountOf(c.Price.Machines, "machine")
	if c.Price.USDPerHour == 0 {
		return machines + " without a known price"
	}
	return fmt.Sprintf("%s, %.2f USD/h, %.0f USD a month", machines, c.Price.USDPerHour, c.USDPerMonth)
}

// each tells the expectations with their margins, or those alone that are missed.
func (c *Choice) each(b *strings.Builder, indent string, missed bool) {
	for _, e := range c.Expectations {
		if missed && e.Pass {
			continue
		}
		fmt.Fprintf(b, "%s%s\n", indent, margin(e, c.Replications))
	}
}

// margin is how far an expectation is from its bound.
func margin(e result.ExpectationResult, replications int) string {
	subject := result.MetricKey(e.Metric, e.Of)
	bound := map[string]string{"atLeast": "at least ", "atMost": "at most "}[e.Bound.Op] +
		words.Unit(e.Bound.Value, e.Bound.Unit)
	if e.Reason != "" {
		return fmt.Sprintf("%s: %s, but %s", subject, bound, e.Reason)
	}
	value, which := e.Measured.Worst, "at worst"
	if e.Across == "mean" {
		value, which = e.Measured.Mean, "on average"
	}
	away := e.Bound.Misses(float64(value))
	word := "misses by"
	if e.Pass {
		away, word = 0-away, "margin"
	}
	// A difference of numbers that are written in few digits has few digits itself.
	text := fmt.Sprintf("%.3g", away)
	switch e.Bound.Unit {
	case "seconds":
		text = words.Duration(away)
	case "ratio":
		text = fmt.Sprintf("%.3g points", away*100)
	}
	return fmt.Sprintf("%s: %s, %s %s in %s; %s %s", subject, bound, words.Unit(value, e.Bound.Unit), which,
		words.CountOf(replications, "replication"), word, text)
}
