package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// LoadSchemaName names the version of Load's JSON form.
const LoadSchemaName = "rehearse.dev/plan-load/v1alpha1"

// Load is the highest load that a setting carries.
type Load struct {
	Schema string   `json:"schema"`
	Asked  []string `json:"asked"`
	// Carries and Breaks are factors of the given load, what holds and what does not: 0
	// and infinite where there is none.
	Carries stat.Value `json:"carries"`
	Breaks  stat.Value `json:"breaks"`
	Streams []Stream   `json:"streams"`
	// Holds and Binds are what was measured at the two, null where there is none.
	Holds *Choice `json:"holds"`
	Binds *Choice `json:"binds"`
	// Growth is how long the load can grow as it does, null when nobody said.
	Growth       *Growth `json:"growth"`
	Replications int     `json:"replications"`
	Played       int     `json:"replicationsPlayed"`
}

// Stream is a stream of requests as it was given: on average in requests a second, or in
// users.
type Stream struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"perSecond,omitempty"`
	Users     int     `json:"users,omitempty"`
}

// times is a stream with so many times the load.
func (s Stream) times(factor float64) string {
	if s.Users > 0 {
		return words.CountOf(int(math.Ceil(float64(s.Users)*factor)), "user")
	}
	return words.Digits(s.PerSecond*factor, 3) + " requests/s"
}

// Between says that the highest load lies between two factors, of which choices tell what
// was measured, and how long a growth, if any, takes to get there.
func (l *Load) Between(carries, breaks float64, choices map[float64]*Choice, growth *Growth) {
	l.Carries, l.Breaks = stat.Value(carries), stat.Value(breaks)
	l.Holds, l.Binds = choices[carries], choices[breaks]
	until := carries
	if l.Binds == nil {
		until = breaks // infinite
	}
	l.Growth = growth.Until(until)
}

// WriteLoad writes it as text, md or json.
func WriteLoad(w io.Writer, l *Load, format string) error {
	if format == "json" {
		return writeJSON(w, l)
	}
	bullet, indent := bullets(format)
	var b strings.Builder
	fmt.Fprintf(&b, "MAX LOAD  %s\n\n", l.headline())
	for _, s := range l.Streams {
		fmt.Fprintf(&b, "%s%s: given %s", bullet, s.Name, s.times(1))
		if l.Carries > 0 {
			fmt.Fprintf(&b, ", carries %s", s.times(float64(l.Carries)))
		}
		if l.Binds != nil {
			fmt.Fprintf(&b, ", breaks at %s", s.times(float64(l.Breaks)))
		}
		b.WriteString("\n")
	}
	if g := l.Growth; g != nil {
		fmt.Fprintf(&b, "%s%s\n", bullet, g)
	}
	for _, of := range []struct {
		title  string
		choice *Choice
		missed bool
	}{{"at what it carries", l.Holds, false}, {"what binds", l.Binds, true}} {
		if of.choice != nil {
			fmt.Fprintf(&b, "%s%s\n", bullet, of.title)
			of.choice.each(&b, indent, of.missed)
		}
	}
	for _, asked := range l.Asked {
		fmt.Fprintf(&b, "%sasked for: %s\n", bullet, asked)
	}
	fmt.Fprintf(&b, "%sspent %s, %d of each load that holds; more load is taken to be never easier\n", bullet,
		words.CountOf(l.Played, "replication"), l.Replications)
	_, err := io.WriteString(w, b.String())
	return err
}

func (l *Load) headline() string {
	factor := words.Digits(float64(l.Carries), 3)
	switch {
	case l.Carries == 0:
		return "it does not even carry " + words.Digits(float64(l.Breaks), 2) + " times the given load"
	case l.Binds == nil:
		return "it carries " + factor + " times the given load and more, which is as far as is looked"
	}
	return "it carries " + factor + " times the given load"
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// bullets are what items and their parts begin with.
func bullets(format string) (bullet, indent string) {
	if format == "md" {
		return "- ", "  - "
	}
	return "  ", "    "
}
