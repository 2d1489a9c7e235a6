package difference

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Write tells a difference between the streams of two names, in the form of a diff.
func Write(w io.Writer, d *Difference, a, b string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s and %s differ from line %d on: %s\n", a, b, d.Line, place(d))
	for _, field := range fields(d.A, d.B) {
		fmt.Fprintf(&out, "  %s\n", field)
	}
	fmt.Fprintf(&out, "\n--- %s\n+++ %s\n", a, b)
	for _, p := range d.Before {
		fmt.Fprintf(&out, "%d  %s\n", p.Line, line(p.Record))
	}
	for _, side := range []struct {
		sign string
		of   record.Record
	}{{"-", d.A}, {"+", d.B}} {
		if side.of != nil {
			fmt.Fprintf(&out, "%s%d %s\n", side.sign, d.Line, line(side.of))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// WriteSame tells that two streams do not differ.
func WriteSame(w io.Writer, s Same, a, b string) error {
	text := fmt.Sprintf("%s and %s have the same %d records of %d replications", a, b, s.Records, s.Replications)
	if s.OtherEvents {
		text += "; they fired different numbers of events on the way"
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// place says in which replication, when, and which of the streams has ended.
func place(d *Difference) string {
	of := d.A
	if of == nil {
		of = d.B
	}
	at, placed := of.(interface{ When() record.At })
	text := "what was run"
	if placed {
		text = fmt.Sprintf("replication %d at %s", at.When().Replication, words.Clock(at.When().T))
	}
	switch {
	case d.A == nil:
		return text + ", where the first one has ended"
	case d.B == nil:
		return text + ", where the second one has ended"
	}
	return text
}

// fields names what two records of one kind differ in.
func fields(a, b record.Record) (list []string) {
	if a == nil || b == nil || reflect.TypeOf(a) != reflect.TypeOf(b) {
		return nil
	}
	var x, y map[string]json.RawMessage
	if json.Unmarshal(line(a), &x) != nil || json.Unmarshal(line(b), &y) != nil {
		return nil
	}
	for _, name := range names(a) {
		if from, to := string(x[name]), string(y[name]); from != to {
			list = append(list, fmt.Sprintf("%s: %s, %s", name, short(from), short(to)))
		}
	}
	return list
}

// short is a JSON value, cut when it is long; "absent" of none.
func short(value string) string {
	const most = 60
	switch r := []rune(value); {
	case value == "":
		return "absent"
	case len(r) > most:
		return string(r[:most]) + "…"
	}
	return value
}

// names are the members of a record's JSON form in the order of its fields.
func names(r record.Record) (list []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(r)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			list = append(list, name)
		}
	}
	return list
}
