package truth

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/kube-rehearse/rehearse/sim"
)

// Write writes the compact form: a line with the schema, then one entry a
// line. ReadRecording reads it.
func (t *Timeline) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(head{Schema, t.Watched}); err != nil {
		return err
	}
	for _, e := range t.Entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Counts replaces the entries of single pods by how many pods of a workload,
// revision and node there were in each second.
func (t *Timeline) Counts() *Timeline {
	const second = sim.Time(1e9)
	short := &Timeline{Watched: t.Watched}
	place := map[Entry]int{}
	for _, e := range t.Entries {
		if !e.Kind.ofPods() || e.Over != 0 {
			short.Entries = append(short.Entries, e)
			continue
		}
		n := max(e.N, 1)
		e.T, e.Over, e.Pod, e.N = floor(e.T, second), second, "", 0
		i, known := place[e]
		if !known {
			i = len(short.Entries)
			place[e] = i
			short.Entries = append(short.Entries, e)
		}
		short.Entries[i].N += n
	}
	short.sort()
	return short
}

func floor(t, step sim.Time) sim.Time {
	if rest := t % step; rest < 0 {
		return t - rest - step
	} else {
		return t - rest
	}
}
