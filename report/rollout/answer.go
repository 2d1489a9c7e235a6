package rollout

import (
	"encoding/json"
	"io"

	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
)

// SchemaName names the version of Answer's JSON form.
const SchemaName = "rehearse.dev/rollout/v1alpha1"

// Answer is what is said of an update. Times are in seconds.
type Answer struct {
	Schema   string `json:"schema"`
	Workload string `json:"workload"` // namespace/Kind/name
	// Update is what is done, in the words of kubectl, and At when.
	Update   string   `json:"update"`
	At       sim.Time `json:"t"`
	Duration sim.Time `json:"duration"` // of a replication
	Seed     uint64   `json:"seed"`
	// AsGiven is the update of what was given; Fine says that it ends in every
	// replication and loses nothing.
	AsGiven *Trial `json:"asGiven"`
	Fine    bool   `json:"fine"`
	// Why are the weaknesses that the run with the update has and the one without has
	// not.
	Why []string `json:"why"`
	// Best is the best of the changes that were tried, null when none is better than what
	// was given or none was tried. Mends says that with it nothing is lost.
	Best  *Trial `json:"best"`
	Mends bool   `json:"mends"`
	// SameMachines is the best that ends in every replication on the machines that were given,
	// null when Best needs no more of them or there is none.
	SameMachines *Trial   `json:"sameMachines"`
	Tried        []*Trial `json:"tried"`
	// Patch makes the best change of the files or objects, left out when nobody asked for
	// it.
	Patch string   `json:"patch,omitempty"`
	Notes []string `json:"notes"`
	// Assumptions are what nobody gave.
	Assumptions []string `json:"assumptions"`
}

// Write writes an answer as text, md or json.
func Write(w io.Writer, a *Answer, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(a)
	case "md":
		_, err := io.WriteString(w, markdown(a)+words.Block("PATCH", a.Patch, true))
		return err
	}
	_, err := io.WriteString(w, text(a)+words.Block("PATCH", a.Patch, false))
	return err
}
