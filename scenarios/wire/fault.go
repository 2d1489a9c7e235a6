package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// Error and Errors are faults of the input with their places.
type (
	Error  = manifest.Error
	Errors = manifest.Errors
)

// FaultKind says what a fault may come of. Its reader decides by it which faults
// to hold back beside others.
type FaultKind int

// Kinds of faults.
const (
	// Wrong is wrong whatever the rest of the input says.
	Wrong FaultKind = iota
	// Unknown is a field that there is not: nobody knows what was meant.
	Unknown
	// Unmatched does not fit what another field says: what it names is not there,
	// or is of another kind. It may be right once the other field is mended.
	Unmatched
)

// Fault is one fault of a scenario: its place (file, line, field), its words and
// its kind.
type Fault struct {
	Error
	Kind FaultKind
}

// Section is the member of the scenario that a fault is about: "timeline" of
// timeline[2].at.
func (f Fault) Section() string { return Member(f.Field) }

// Member is the first member on a path: "timeline" of timeline[2].at.
func Member(path string) string {
	end := strings.IndexFunc(path, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return path
	}
	return path[:end]
}

// Faults gathers what is wrong with a scenario.
type Faults struct {
	File string
	List []Fault

	set   []setField
	lines manifest.Lines
}

// setField is a field of the scenario that a flag set.
type setField struct{ path, text string }

// Add notes a fault that is wrong whatever the rest says.
func (f *Faults) Add(line int, field, format string, arguments ...any) {
	f.Put(Wrong, line, field, format, arguments...)
}

// Put notes a fault of a kind.
func (f *Faults) Put(kind FaultKind, line int, field, format string, arguments ...any) {
	file := f.File
	if strings.HasPrefix(field, "--") {
		file = ""
	}
	f.List = append(f.List, Fault{Error{File: file, Line: line, Field: field, Message: fmt.Sprintf(format, arguments...)},
		kind})
}

// AddError notes the faults of an error. Each is wrong whatever the rest says.
func (f *Faults) AddError(err error) {
	for _, e := range AsErrors(err) {
		f.List = append(f.List, Fault{Error: e})
	}
}

// Or returns the faults in order of their place, or nil when there are none.
func (f *Faults) Or() error {
	list := make(Errors, len(f.List))
	for i, fault := range f.List {
		list[i] = fault.Error
		for _, set := range f.set {
			if fault.File == f.File && fault.Line > 0 && manifest.Concerns(set.path, fault.Field) {
				list[i] = fault.SetBy(set.text)
			}
		}
	}
	return list.Or()
}

// AsErrors are the faults that an error holds.
func AsErrors(err error) Errors {
	var list Errors
	var one Error
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return Errors{one}
	}
	return Errors{{Message: err.Error()}}
}
