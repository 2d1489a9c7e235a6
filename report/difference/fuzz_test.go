package difference

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Whatever two files hold, diff ends: the files can't be read, are the same, or differ
// from a line on, which both orders of the files name.
func FuzzFirst(f *testing.F) {
	written := func(records ...record.Record) string {
		var out bytes.Buffer
		w := record.NewWriter(&out)
		for _, r := range append([]record.Record{record.Run{Schema: record.Schema, Scenario: "s", Replications: 1}},
			records...) {
			if w.Write(r) != nil {
				f.Fatal(r)
			}
		}
		if w.Flush() != nil {
			f.Fatal("flush")
		}
		return out.String()
	}
	head, pod := written(), created(1, "a")
	many := strings.Repeat("a", 50_000)
	for _, pair := range [][2]string{
		{"", ""}, {head, head}, {head, ""}, {written(pod), head}, {written(pod), written(created(1, "b"))},
		{written(pod, scheduled(2, "a", "n1"), end(1)), written(pod, scheduled(2, "a", "n2"), end(2))},
		{written(pod)[:len(head)+20], written(pod)}, {written(created(1, many)), written(pod)},
		{strings.Repeat("[", 20_000), "null"}, {head + head, head},
	} {
		f.Add([]byte(pair[0]), []byte(pair[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		first := func(a, b []byte) (*Difference, error) {
			d, _, err := First(record.NewReader("a", bytes.NewReader(a)).AfterStop(),
				record.NewReader("b", bytes.NewReader(b)).AfterStop())
			return d, err
		}
		d, err := first(a, b)
		if err != nil {
			return
		}
		back, err := first(b, a)
		require.NoError(t, err)
		require.Equal(t, d == nil, back == nil)
		if d != nil {
			require.Equal(t, d.Line, back.Line)
			var out bytes.Buffer
			require.NoError(t, Write(&out, d, "a", "b"))
		}
		same, err := first(a, a)
		require.NoError(t, err)
		require.Nil(t, same)
	})
}
