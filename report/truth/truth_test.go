package truth

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const flat = `{"rel":0.1,"type":"MARK","kind":"MARK","name":"apply web"}
{"rel":0.5,"type":"ADDED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1,"status":{}}
{"rel":0.7,"type":"ADDED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":null,"labels":{}}
{"rel":0.6,"type":"ADDED","kind":"ReplicaSet","ns":"d","name":"web-a","uid":"2","owner":"Deployment/web","replicas":1}
{"rel":0.8,"type":"MODIFIED","kind":"Pod","ns":"d","name":"old","uid":"0","owner":"ReplicaSet/old","node":"n"}
{"rel":0.9,"type":"MODIFIED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1"}
{"rel":1.9,"type":"MODIFIED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1","conditions":{"Ready":{"status":"True"}}}
{"rel":2.5,"type":"MODIFIED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":0}
{"rel":2.6,"type":"MODIFIED","kind":"ReplicaSet","ns":"d","name":"web-a","uid":"2","owner":"Deployment/web","replicas":0}
{"rel":2.7,"type":"MODIFIED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1","deletionTimestamp":"x","conditions":{"Ready":{"status":"True"}}}
{"rel":4.7,"type":"DELETED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1"}
`

const whole = `{"t":1000.5,"type":"ADDED","object":{"kind":"Deployment","metadata":{"namespace":"d","name":"web","uid":"1"},"spec":{"replicas":1}}}
{"t":1000.6,"type":"ADDED","object":{"kind":"ReplicaSet","metadata":{"namespace":"d","name":"web-a","uid":"2","ownerReferences":[{"kind":"Deployment","name":"web","uid":"1","controller":true}]},"spec":{"replicas":1}}}
{"t":1000.7,"type":"ADDED","object":{"kind":"Pod","metadata":{"namespace":"d","name":"web-a-x","uid":"3","ownerReferences":[{"kind":"ReplicaSet","name":"web-a","uid":"2","controller":true}]},"spec":{}}}
{"t":1000.9,"type":"MODIFIED","object":{"kind":"Pod","metadata":{"namespace":"d","name":"web-a-x","uid":"3"},"spec":{"nodeName":"n-1"}}}
{"t":1001.9,"type":"MODIFIED","object":{"kind":"Pod","metadata":{"namespace":"d","name":"web-a-x","uid":"3","ownerReferences":[{"kind":"ReplicaSet","name":"web-a","uid":"2","controller":true}]},"spec":{"nodeName":"n-1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}}
`

func read(t *testing.T, text string) *Timeline {
	t.Helper()
	got, err := ReadRecording("r.jsonl", strings.NewReader(text))
	require.NoError(t, err)
	return got
}

func says(t *Timeline) (list []string) {
	for _, e := range t.Entries {
		list = append(list, e.String())
	}
	return list
}

func TestFlatEventsBecomeATimelineFromTheFirstWorkloadOn(t *testing.T) {
	require.Equal(t, []string{
		"-0.4s step apply web", "0.1s scaled d/Deployment/web r1 0→1", "0.2s created d/Deployment/web r1",
		"0.4s bound d/Deployment/web r1 n-1", "1.4s ready d/Deployment/web r1", "2s replicas d/Deployment/web 1→0",
		"2.1s scaled d/Deployment/web r1 1→0", "2.2s deleting d/Deployment/web r1", "4.2s gone d/Deployment/web r1",
	}, says(read(t, flat)))
}

func TestWholeObjectsSayTheSame(t *testing.T) {
	require.Equal(t, []string{
		"0.1s scaled d/Deployment/web r1 0→1", "0.2s created d/Deployment/web r1",
		"0.4s bound d/Deployment/web r1 n-1", "1.4s ready d/Deployment/web r1",
	}, says(read(t, whole)))
}

func TestCompactFormAndGzipComeBackAsTheyWere(t *testing.T) {
	var out, packed bytes.Buffer
	require.NoError(t, read(t, flat).Write(&out))
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(out.Bytes())
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	again, err := ReadRecording("r.jsonl.gz", &packed)
	require.NoError(t, err)
	require.Equal(t, read(t, flat), again)
}

func TestCountsOfASecondAgreeWithSinglePods(t *testing.T) {
	single := read(t, flat)
	require.Len(t, single.Counts().Entries, len(single.Entries))
	require.True(t, Compare(single.Counts(), single, Check{}).Equal())
}

func TestReadingFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "r.jsonl:1: must hold the ADDED event of at least one Pod or workload, got none",
		"[]":                                  "r.jsonl:1: line: must be of type struct",
		"{\"type\":\"ERROR\"}":                `r.jsonl:1: type: must be ADDED, MODIFIED, DELETED, BOOKMARK or MARK, got "ERROR"`,
		"\n{\"type\":\"MARK\"}":               "r.jsonl:2: t: must be the seconds",
		`{"type":"ADDED","t":1e300}`:          "r.jsonl:1: t: must be seconds within ±8e9, got 1e+300",
		`{"type":"ADDED","t":1,"kind":"Pod"}`: "r.jsonl:1: name: must be given, got none",
		`{"schema":"x"}`:                      `r.jsonl:1: schema: must be "` + Schema + `", got "x"`,
		`{"schema":"` + Schema +
			"\"}\n{\"t\":1,\"kind\":\"seen\"}": `r.jsonl:2: kind: must be one of`,
		`{"schema":"` + Schema +
			"\"}\n{\"t\":1,\"kind\":\"gone\",\"object\":\"x\",\"n\":-1}": "r.jsonl:2: n: must be from 0 to 1000000, got -1",
		`{"schema":"` + Schema +
			"\"}\n{\"t\":1,\"kind\":\"gone\",\"object\":\"x\"} {}": "r.jsonl:2: line: must hold one JSON object",
		"\x1f\x8bxx": "r.jsonl: must be a gzip stream",
	} {
		_, err := ReadRecording("r.jsonl", strings.NewReader(text))
		require.ErrorContains(t, err, want, "%q", text)
	}
	for text, want := range map[string]string{
		"sizes: roughly":  `check.yaml: sizes: must be one of [exact envelope], got "roughly"`,
		"ignore: [ghost]": "check.yaml: ignore: must be of",
		"slack: -1s":      "check.yaml: slack: must be from 0s to 1h, got -1s",
		"sise: exact":     "check.yaml: yaml:",
	} {
		_, err := ReadCheck("check.yaml", []byte(text))
		require.ErrorContains(t, err, want)
	}
}

func seconds(s float64) sim.Time { return sim.Time(s * 1e9) }

func TestToleranceGrowsWithTheTimeSinceTheLastStep(t *testing.T) {
	tl := &Timeline{Entries: []Entry{{T: seconds(100), Kind: Step}}}
	at := tolerances(tl, &Timeline{}, Check{Relative: 0.02})
	require.Equal(t, seconds(1.5), at(seconds(50)))
	require.Equal(t, seconds(0.5), at(seconds(100)))
	require.Equal(t, seconds(0.7), at(seconds(110)))
	require.Equal(t, seconds(0.5), at(seconds(-3)))
}

func TestAPodOfAnotherAgeIsADifference(t *testing.T) {
	course := func(second string) *Timeline {
		tl := &Timeline{}
		for _, e := range []Entry{{Kind: Created, Pod: "a"}, {T: seconds(30), Kind: Created, Pod: "b"},
			{T: seconds(60), Kind: Deleting, Pod: second}} {
			e.Object = "d/Deployment/web"
			tl.Entries = append(tl.Entries, e)
		}
		return tl
	}
	require.True(t, Compare(course("a"), course("a"), Check{}).Equal())
	c := Compare(course("a"), course("b"), Check{})
	require.Equal(t, 1, c.Differences())
	require.Equal(t, "a pod created at 30.0 s, in the recording at 0.0 s", c.Rows[2].Fault)
	require.True(t, Compare(course("a"), course("b"), Check{Ages: "any"}).Equal())
}

func TestEnvelopeAllowsOtherSubStepsButNoOtherEnd(t *testing.T) {
	sizes := func(times []float64, of ...int32) *Timeline {
		tl := &Timeline{}
		for i, at := range times {
			tl.Entries = append(tl.Entries, Entry{T: seconds(at), Kind: Scaled, Object: "d/Deployment/web", Revision: 1,
				From: of[i], To: of[i+1]})
		}
		return tl
	}
	recorded := sizes([]float64{0, 10, 10.1, 10.2}, 10, 8, 7, 5, 3)
	loose := Check{Sizes: "envelope"}
	require.True(t, Compare(recorded, sizes([]float64{0, 10, 10.3}, 10, 8, 4, 3), loose).Equal())
	require.False(t, Compare(recorded, sizes([]float64{0, 10, 10.3}, 10, 8, 4, 3), Check{}).Equal())
	require.False(t, Compare(recorded, sizes([]float64{0, 10, 10.3}, 10, 8, 4, 2), loose).Equal())
	require.False(t, Compare(recorded, sizes([]float64{0, 14, 14.3}, 10, 8, 5, 3), loose).Equal())
}

// Recordings of ReplicaSets that were deleted and made again with the same
// template are revisions of their own, as in the simulation.
func TestSimulationNumbersRevisionsByLife(t *testing.T) {
	var s Simulation
	at := func(seconds int64) record.At { return record.At{T: sim.Time(seconds * 1e9)} }
	for i := range int64(2) {
		require.NoError(t, s.Add(record.ReplicaSetScaled{At: at(i), Workload: "d/Deployment/web", Revision: "h", To: 1,
			Created: true}))
		require.NoError(t, s.Add(record.PodCreated{At: at(i), Pod: "d/web-h-x", Owner: "d/Deployment/web", Revision: "h"}))
		require.NoError(t, s.Add(record.PodGone{At: at(i), Pod: "d/web-h-x"}))
	}
	require.NoError(t, s.Add(record.PodGone{At: record.At{Replication: 1}, Pod: "d/web-h-x"}))
	require.Equal(t, []string{
		"0s scaled d/Deployment/web r1 0→1", "0s created d/Deployment/web r1", "0s gone d/Deployment/web r1",
		"1s scaled d/Deployment/web r2 0→1", "1s created d/Deployment/web r2", "1s gone d/Deployment/web r2",
	}, says(s.Timeline()))
}

func TestTheLargestSetOfPairsIsFound(t *testing.T) {
	list := func(at ...float64) (items []item) {
		for _, a := range at {
			items = append(items, item{at: seconds(a)})
		}
		return items
	}
	near := func(a, b item) bool { return abs(a.at-b.at) <= seconds(1) }
	require.Equal(t, []int{0, 1}, match(list(1, 2), list(0, 1), near))
	require.Equal(t, []int{-1, 0}, match(list(5, 2), list(1), near))
}

func FuzzReadRecording(f *testing.F) {
	var compact bytes.Buffer
	t, err := ReadRecording("", strings.NewReader(flat))
	if err != nil {
		f.Fatal(err)
	}
	if err := t.Write(&compact); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{flat, whole, compact.String(), "\x1f\x8b", `{"type":"ADDED","t":null,"object":null}`} {
		f.Add([]byte(seed))
	}
	// What is read is written in a form that is read as the same.
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadRecording("r", bytes.NewReader(data))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var out bytes.Buffer
		require.NoError(t, got.Write(&out))
		again, err := ReadRecording("r", bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		require.Equal(t, says(got), says(again))
	})
}
