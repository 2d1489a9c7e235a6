package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one fault of the input.
type Error struct {
	File    string // "" of a flag, which is the field
	Line    int    // 0 when the fault has no place
	Field   string // "" when it is not about a field
	Message string
}

func (e Error) Error() string {
	text := Visible(e.File)
	if e.Line > 0 {
		text += fmt.Sprintf(":%d", e.Line)
	}
	if e.Field != "" {
		text += ": " + Visible(e.Field)
	}
	if e.File == "" { // of a flag
		text = strings.TrimPrefix(text, ": ")
	}
	return text + ": " + Visible(oneLine(e.Message))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Errors are all faults that were found.
type Errors []Error

// shown is how many faults are printed at the most.
const shown = 50

// Error lists the faults, one a line.
func (e Errors) Error() string {
	lines := make([]string, 0, min(len(e), shown)+1)
	for _, fault := range e[:min(len(e), shown)] {
		lines = append(lines, fault.Error())
	}
	if more := len(e) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Or returns the faults in order of their place, or nil when there are none.
func (e Errors) Or() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return e
}
