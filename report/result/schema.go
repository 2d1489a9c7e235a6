package result

import (
	_ "embed"
)

//go:embed result.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a Result's JSON form.
func Schema() []byte { return append([]byte(nil), schema...) }
