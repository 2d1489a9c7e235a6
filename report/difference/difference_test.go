package difference

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// at is a time in replication 0, in seconds.
func at(seconds int) record.At { return record.At{T: sim.Time(seconds) * 1e9} }

// stream is a run of some records, as it is written.
func stream(t *testing.T, seed uint64, records ...record.Record) *record.Reader {
	t.Helper()
	var out bytes.Buffer
	w := record.NewWriter(&out)
	run := record.Run{Schema: record.Schema, Scenario: "s", Seed: seed, Replications: 1, Duration: sim.Time(3600e9)}
	for _, r := range append([]record.Record{run}, records...) {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Flush())
	return record.NewReader("r.jsonl", &out)
}

func created(seconds int, pod string) record.Record {
	return record.PodCreated{At: at(seconds), Pod: "default/" + pod, Owner: "default/Deployment/web"}
}

func scheduled(seconds int, pod, node string) record.Record {
	return record.PodScheduled{At: at(seconds), Pod: "default/" + pod, Node: node}
}

func end(events uint64) record.Record {
	return record.End{At: at(3600), Reason: record.AtHorizon, Events: events}
}

// TestFirstDifference names the record, what it differs in, and what led to it: the
// records about the same pod or node, not the others.
func TestFirstDifference(t *testing.T) {
	common := []record.Record{created(1, "a"), created(1, "b"), scheduled(2, "a", "cpu-0"),
		record.NodeChanged{At: at(3), Node: "cpu-1", Phase: record.NodeNotReady}}
	a := stream(t, 1, append(common, scheduled(4, "b", "cpu-1"), end(7))...)
	b := stream(t, 1, append(common, scheduled(4, "b", "cpu-0"), end(7))...)
	d, _, err := First(a, b)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, Write(&out, d, "a.jsonl", "b.jsonl"))
	require.Equal(t, `a.jsonl and b.jsonl differ from line 6 on: replication 0 at 4.0s
  node: "cpu-1", "cpu-0"

--- a.jsonl
+++ b.jsonl
3  {"kind":"pod-created","rep":0,"t":1,"pod":"default/b","owner":"default/Deployment/web","requests":{}}
4  {"kind":"pod-scheduled","rep":0,"t":2,"pod":"default/a","node":"cpu-0"}
5  {"kind":"node-changed","rep":0,"t":3,"node":"cpu-1","phase":"not-ready"}
-6 {"kind":"pod-scheduled","rep":0,"t":4,"pod":"default/b","node":"cpu-1"}
+6 {"kind":"pod-scheduled","rep":0,"t":4,"pod":"default/b","node":"cpu-0"}
`, out.String())
}

// TestWhereAStreamEnds tells which of the two has ended.
func TestWhereAStreamEnds(t *testing.T) {
	d, same, err := First(stream(t, 1, created(1, "a")), stream(t, 1, created(1, "a"), created(2, "b")))
	require.NoError(t, err)
	require.Equal(t, 2, same.Records)
	require.Nil(t, d.A)
	var out strings.Builder
	require.NoError(t, Write(&out, d, "a", "b"))
	require.Contains(t, out.String(),
		"a and b differ from line 3 on: replication 0 at 2.0s, where the first one has ended\n")
}

// TestOtherRuns differ in what was run, before anything happened.
func TestOtherRuns(t *testing.T) {
	d, _, err := First(stream(t, 1, end(1)), stream(t, 2, end(1)))
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, Write(&out, d, "a", "b"))
	require.True(t, strings.HasPrefix(out.String(), "a and b differ from line 1 on: what was run\n  seed: 1, 2\n"),
		out.String())
}

// TestTheSame runs may fire other numbers of events.
func TestTheSame(t *testing.T) {
	for events, want := range map[uint64]string{
		7: "a and b have the same 3 records of 1 replications\n",
		8: "a and b have the same 3 records of 1 replications; they fired different numbers of events on the way\n",
	} {
		d, same, err := First(stream(t, 1, created(1, "a"), end(7)), stream(t, 1, created(1, "a"), end(events)))
		require.NoError(t, err)
		require.Nil(t, d)
		var out strings.Builder
		require.NoError(t, WriteSame(&out, same, "a", "b"))
		require.Equal(t, want, out.String())
	}
}

// TestWhatLedToItIsOfTheReplication: records of the one before are not told.
func TestWhatLedToItIsOfTheReplication(t *testing.T) {
	in1 := func(pod string) record.Record {
		return record.PodCreated{At: record.At{Replication: 1, T: 1e9}, Pod: "default/" + pod,
			Owner: "default/Deployment/web"}
	}
	d, _, err := First(stream(t, 1, created(1, "a"), end(1), in1("a"), in1("b")),
		stream(t, 1, created(1, "a"), end(1), in1("a"), in1("c")))
	require.NoError(t, err)
	require.Len(t, d.Before, 1)
	require.Equal(t, 4, d.Before[0].Line)
}

// TestManyRecordsBefore: only so many are kept, and the last of them are told.
func TestManyRecordsBefore(t *testing.T) {
	var r ring
	for i := range remembered + 5 {
		r.add(Placed{created(i, "a"), i})
	}
	list := r.about(created(remembered+5, "a"))
	require.Len(t, list, told)
	require.Equal(t, remembered+4, list[told-1].Line)
	require.Equal(t, remembered+4-told+1, list[0].Line)
}
