package report

import (
	"io"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// What callers name of the rooms.
type (
	// Result is what a run says, and the JSON interface of the product.
	Result = result.Result
	// Comparison sets two results side by side.
	Comparison = result.Comparison
	// TextOptions say how text is written for a terminal.
	TextOptions = words.TextOptions
)

// Schema is the JSON Schema (draft 2020-12) of a Result's JSON form.
func Schema() []byte { return result.Schema() }

// WriteJSON writes a result as indented JSON, the same bytes for the same result.
func WriteJSON(w io.Writer, r *Result) error { return result.WriteJSON(w, r) }

// ReadJSON reads what WriteJSON wrote, such as the baseline of a comparison. Its
// errors begin with name, usually that of the file.
func ReadJSON(name string, in io.Reader) (*Result, error) { return result.ReadJSON(name, in) }

// IsNamed reports whether a person who writes text, Kind/name or
// Kind/namespace/name, can mean an object, Kind/namespace/name.
func IsNamed(object, text string) bool { return result.IsNamed(object, text) }

// SomeOf lists the first objects, nodes and pods last.
func SomeOf(objects []string) string { return result.SomeOf(objects) }
