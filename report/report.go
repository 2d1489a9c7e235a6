package report

import (
	"io"

	"github.com/kube-rehearse/rehearse/report/explain"
	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// What callers name of the rooms.
type (
	// Result is what a run says, and the JSON interface of the product.
	Result = result.Result
	// Comparison sets two results side by side.
	Comparison = result.Comparison
	// Sensitivity says which of the numbers that nobody gave matter, by a Flip for each.
	Sensitivity = result.Sensitivity
	// Flip is a number that nobody gave and that a finding stands or falls with.
	Flip = result.Flip
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

// Unfinished is a scenario without a result, and why.
type Unfinished = page.Unfinished

// WriteText writes a result for a person at a terminal.
func WriteText(w io.Writer, r *Result, o TextOptions) error { return page.WriteText(w, r, o) }

// WriteMarkdown writes a result for a merge request or a wiki.
func WriteMarkdown(w io.Writer, r *Result) error { return page.WriteMarkdown(w, r) }

// WriteJUnit writes results in the XML form that CI servers read. Scenarios that
// have no result are suites of one error.
func WriteJUnit(w io.Writer, results []*Result, without ...Unfinished) error {
	return page.WriteJUnit(w, results, without...)
}

// WriteVerdict writes one line for the result of a file, and what it fails at
// below.
func WriteVerdict(w io.Writer, file string, r *Result) error { return page.WriteVerdict(w, file, r) }

// WriteComparison writes a comparison as text, json or md.
func WriteComparison(w io.Writer, c *Comparison, format string) error {
	return page.WriteComparison(w, c, format)
}

// Explain tells why something happened to one object in replication 0. Object is
// Kind/name or Kind/namespace/name. The error says which objects there are.
func Explain(w io.Writer, r *Result, object string, o TextOptions) error {
	return explain.Explain(w, r, object, o)
}
