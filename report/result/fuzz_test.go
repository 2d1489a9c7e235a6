package result

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A baseline is refused, or what is written of it is read as the same.
func FuzzReadJSON(f *testing.F) {
	const head = `{"schema": "` + SchemaName + `"`
	for _, text := range []string{
		"", "{}", "null", head + "}", head + `, "seed": 1e400}`, head + `, "pods": [` + strings.Repeat("{},", 5_000) + `{}]}`,
		head + `, "services": {"a/b": {}}, "verdict": {"pass": true}}`, strings.Repeat("[", 20_000), head + "}" + head + "}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ReadJSON("b.json", strings.NewReader(text))
		if err != nil {
			require.Contains(t, err.Error(), "b.json")
			return
		}
		var written, again bytes.Buffer
		require.NoError(t, WriteJSON(&written, r))
		reread, err := ReadJSON("w.json", bytes.NewReader(written.Bytes()))
		require.NoError(t, err)
		require.NoError(t, WriteJSON(&again, reread))
		require.Equal(t, written.String(), again.String())
	})
}
