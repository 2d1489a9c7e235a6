package result

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes a result as indented JSON, the same bytes for the same
// result.
func WriteJSON(w io.Writer, r *Result) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// ReadJSON reads what WriteJSON wrote, such as the baseline of a comparison.
// Its errors begin with name, usually that of the file.
func ReadJSON(name string, in io.Reader) (*Result, error) {
	var r Result
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s: must be a JSON result of rehearse, got %w", name, err)
	}
	if r.Schema != SchemaName {
		return nil, fmt.Errorf("%s: schema: must be %q, got %q", name, SchemaName, r.Schema)
	}
	return &r, nil
}
