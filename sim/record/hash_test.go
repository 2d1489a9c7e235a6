package record

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoReplications is a stream of two, with one record each.
func twoReplications(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, r := range []Record{
		Run{Schema: Schema, Replications: 2, Duration: 60e9},
		PodScheduled{At: At{0, 1e9}, Pod: "default/a", Node: "n"}, End{At: At{0, 60e9}, Reason: AtHorizon, Events: 3},
		PodScheduled{At: At{1, 1e9}, Pod: "default/a", Node: "n"}, End{At: At{1, 60e9}, Reason: AtHorizon, Events: 4},
	} {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Flush())
	return out.String()
}

// changes are what a Reader says of a stream after it has read all of it.
func changes(t *testing.T, text string) (list []string) {
	t.Helper()
	r := NewReader("r.jsonl", strings.NewReader(text)).ForShow()
	require.NoError(t, r.Each(func(Record) error { return nil }))
	for _, err := range r.Changed() {
		list = append(list, err.Error())
	}
	return list
}

// TestEditedRecordsShow holds that a record which is edited, added, left out or
// moved is seen at the end of its replication, and only there. What only says how
// many events were fired, or how the run was called, is not in the hash.
func TestEditedRecordsShow(t *testing.T) {
	text := twoReplications(t)
	require.Empty(t, changes(t, text))
	const second = "r.jsonl:5: the records of replication 1 are not as they were written"
	for _, edit := range [][2]string{
		{`"rep":1,"t":1,"pod"`, `"rep":1,"t":2,"pod"`},
		{`{"kind":"pod-scheduled","rep":1`, `{ "kind":"pod-scheduled","rep":1`},
		{`"rep":1,"t":1,"pod":"default/a"`, `"rep":1,"t":1,"pod":"default\/a"`},
	} {
		require.Equal(t, []string{second}, changes(t, strings.Replace(text, edit[0], edit[1], 1)), edit[1])
	}
	lines := strings.SplitAfter(text, "\n")
	require.Equal(t, []string{"r.jsonl:4: the records of replication 1 are not as they were written"},
		changes(t, strings.Join(append(lines[:3:3], lines[4]), "")))
	require.Empty(t, changes(t, strings.Replace(text, `"events":4`, `"events":5`, 1)))
	require.Empty(t, changes(t, strings.Replace(text, `"scenario":""`, `"scenario":"x"`, 1)))
	require.Equal(t, strings.Count(text, `"hash":"`), 2)
	require.Equal(t, lines[2][strings.Index(lines[2], `"hash"`):] == lines[4][strings.Index(lines[4], `"hash"`):], false,
		"replications have records of their own")
}
