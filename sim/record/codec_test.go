package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fill sets every field of v, to any depth, to a random value that its JSON
// form keeps.
func fill(v reflect.Value, rng *rand.Rand) {
	if h, ok := v.Addr().Interface().(*Histogram); ok {
		for range rng.IntN(50) {
			h.Add(rng.Int64() >> rng.IntN(63))
		}
		return
	}
	if r, ok := v.Addr().Interface().(*BudgetRule); ok {
		*r = []BudgetRule{{}, {"maxUnavailable", "30%"}, {"minAvailable", "2"}}[rng.IntN(3)]
		return
	}
	if s, ok := v.Addr().Interface().(*Strategy); ok {
		*s = randomStrategy(rng)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), rng)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+rng.IntN(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + rng.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, rng)
			fill(value, rng)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), rng)
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d <\"é\u2028\\>", rng.IntN(1000)))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(rng.Int64N(1<<31) - 1<<30)
	case reflect.Uint64:
		v.SetUint(rng.Uint64())
	case reflect.Float64:
		v.SetFloat(rng.NormFloat64() * 1e6)
	default:
		panic("no random value for " + v.Type().String())
	}
}

func randomRecord(t *testing.T, zero Record, rng *rand.Rand) Record {
	t.Helper()
	v := reflect.New(reflect.TypeOf(zero)).Elem()
	fill(v, rng)
	if run, ok := v.Interface().(Run); ok {
		run.Schema = Schema
		return run
	}
	return v.Interface().(Record)
}

func zeroOf(t *testing.T, k kind) Record {
	t.Helper()
	r, err := k.decode([]byte("{}"))
	require.NoError(t, err)
	return r
}

func encode(t *testing.T, records ...Record) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, r := range records {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Flush())
	return out.Bytes()
}

func decode(t *testing.T, stream []byte) []Record {
	t.Helper()
	r := NewReader("records.jsonl", bytes.NewReader(stream))
	var records []Record
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return records
		}
		require.NoError(t, err)
		records = append(records, rec)
	}
}

// Every kind comes back as it was written, and is written the same again.
func TestRoundTripOfEveryKind(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for range 20 {
				records := []Record{Run{Schema: Schema}}
				if k.name == "run" {
					records = nil
				}
				records = append(records, randomRecord(t, zeroOf(t, k), rng))
				stream := encode(t, records...)
				got := decode(t, stream)
				require.Equal(t, records, got)
				require.Equal(t, string(stream), string(encode(t, got...)))
			}
		})
	}
}

// The table of kinds holds every type of the package that is a Record: each
// Kind method in the sources has its entry.
func TestKindsAreComplete(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	inSources := []string{}
	for _, path := range sources {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, method := range kindMethod.FindAllSubmatch(source, -1) {
			inSources = append(inSources, string(method[1]))
		}
	}
	require.ElementsMatch(t, inSources, Kinds())
	for _, k := range kinds {
		require.Equal(t, k.name, zeroOf(t, k).Kind())
	}
}

var kindMethod = regexp.MustCompile(`(?m)^func \(\w+\) Kind\(\) string\s*\{ return "([^"]+)" \}`)

func TestWriterFormIsOneObjectALine(t *testing.T) {
	stream := encode(t, Run{Schema: Schema, Scenario: "a<b"}, PodReady{At: At{T: 12_500_000_000}, Pod: "d/p", Ready: true})
	lines := strings.Split(string(stream), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], `"scenario":"a<b"`)
	require.Equal(t, `{"kind":"pod-ready","rep":0,"t":12.5,"pod":"d/p","ready":true}`, lines[1])
	require.Empty(t, lines[2])
}

func TestReaderFaults(t *testing.T) {
	run := strings.TrimSuffix(string(encode(t, Run{Schema: Schema})), "\n")
	for name, c := range map[string]struct{ stream, want string }{
		"empty": {"", `r.jsonl:1: kind: must be "run" in the first record, got an empty stream`},
		"no run": {`{"kind":"pod-gone","rep":0,"t":1,"pod":"p"}`,
			`r.jsonl:1: kind: must be "run" in the first record and in no other, got "pod-gone"`},
		"second run": {run + "\n" + run,
			`r.jsonl:2: kind: must be "run" in the first record and in no other, got "run"`},
		"unknown schema": {`{"kind":"run","schema":"x/v9"}`,
			`r.jsonl:1: schema: must be "rehearse.dev/records/v1alpha1", got "x/v9"`},
		"unknown kind": {run + "\n\n", `r.jsonl:2: line: must be a JSON object, got EOF`},
		"unknown member": {run + "\n" + `{"kind":"pod-gone","pot":"p"}`,
			`r.jsonl:2: pot: must not be given, got a member that this kind does not have`},
		"type": {run + "\n" + `{"kind":"pod-gone","pod":7}`, `r.jsonl:2: pod: must be a string, got number`},
		"fraction": {run + "\n" + `{"kind":"end","events":1.5}`,
			`r.jsonl:2: events: must be a whole number of at least 0, got number 1.5`},
		"no kind":   {run + "\n" + `{"pod":"p"}`, `r.jsonl:2: kind: must be given, got none`},
		"kind type": {run + "\n" + `{"kind":1}`, `r.jsonl:2: kind: must be a string, got 1`},
		"list":      {run + "\n" + `[]`, `r.jsonl:2: line: must be an object, got array`},
		"cut off": {run + "\n" + `{"kind":"pod-gone","pod":"p`,
			`r.jsonl:2: line: must be a JSON object, got unexpected EOF`},
		"comma": {run + "\n" + `{"kind":"pod-gone",}`,
			`r.jsonl:2: line: must be a JSON object, got invalid character '}' looking for beginning of object key string`},
		"two on a line": {run + "\n" + `{"kind":"pod-gone","pod":"p"} {}`,
			`r.jsonl:2: line: must hold one JSON object, got more after it`},
		"histogram count": {run + "\n" + `{"kind":"requests","latency":{"n":3,"sum":1,"max":1,"b":[[1,1]]}}`,
			`r.jsonl:2: n: must be the sum of the counts, 1, got 3`},
		"histogram order": {run + "\n" + `{"kind":"requests","latency":{"n":2,"sum":1,"max":1,"b":[[1,1],[1,1]]}}`,
			`r.jsonl:2: b: must ascend and be at most 3711, got bucket 1`},
		"histogram huge": {run + "\n" + `{"kind":"requests","latency":{"n":1,"sum":1,"max":1,"b":[[99999999999,1]]}}`,
			`r.jsonl:2: b: must ascend and be at most 3711, got bucket 99999999999`},
		"histogram max": {run + "\n" + `{"kind":"requests","latency":{"n":1,"sum":1,"max":9,"b":[[1,1]]}}`,
			`r.jsonl:2: max: must be in the last bucket, and 0 without values, got 9`},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader("r.jsonl", strings.NewReader(c.stream))
			var err error
			for err == nil {
				_, err = r.Next()
			}
			require.EqualError(t, err, c.want)
			_, again := r.Next()
			require.Equal(t, err, again)
		})
	}
	r := NewReader("r.jsonl", strings.NewReader(run+"\n"+`{"kind":"pot-ready","rep":0,"t":1}`))
	_, err := r.Next()
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorContains(t, err, "r.jsonl:2: kind: must be one of run, step,")
	require.ErrorContains(t, err, `, got "pot-ready"`)
}

// Members may stand in any order, as other tools write them, and a line may
// be longer than any buffer.
func TestReaderTakesOtherOrderAndLongLines(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	stream := string(encode(t, Run{Schema: Schema})) + `{"pod":"` + long + `","t":1,"kind":"pod-gone","rep":2}` + "\n" +
		`{"kind":"pod-gone","rep":2,"t":2,"pod":"p"}`
	got := decode(t, []byte(stream))
	require.Equal(t, PodGone{At: At{Replication: 2, T: 1e9}, Pod: long}, got[1])
	require.Equal(t, PodGone{At: At{Replication: 2, T: 2e9}, Pod: "p"}, got[2])
}

type brokenPipe struct{ err error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.err }

func TestWriterErrorIsSticky(t *testing.T) {
	broken := errors.New("no space left on device")
	w := NewWriter(brokenPipe{broken})
	require.NoError(t, w.Write(PodGone{}))
	require.ErrorIs(t, w.Flush(), broken)
	require.ErrorIs(t, w.Write(PodGone{}), broken)
	require.ErrorIs(t, w.Flush(), broken)
}

func TestMemoryCopiesWhatAWriterReuses(t *testing.T) {
	var latency Histogram
	latency.Add(5)
	failed := map[Cause]int64{Timeout: 1}
	var m Memory
	require.NoError(t, m.Write(Requests{Latency: latency, Failed: failed}))
	latency.Reset()
	latency.Add(1)
	failed[Timeout] = 9
	kept := m.Records[0].(Requests)
	require.EqualValues(t, 5, kept.Latency.Quantile(1))
	require.EqualValues(t, 1, kept.Failed[Timeout])
}

func FuzzReader(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, k := range kinds {
		zero, err := k.decode([]byte("{}"))
		if err != nil {
			f.Fatal(err)
		}
		v := reflect.New(reflect.TypeOf(zero)).Elem()
		fill(v, rng)
		var line bytes.Buffer
		w := NewWriter(&line)
		if err := errors.Join(w.Write(v.Interface().(Record)), w.Flush()); err != nil {
			f.Fatal(err)
		}
		f.Add(line.Bytes())
	}
	f.Add([]byte(`{"kind":"requests","latency":{"n":0,"sum":0,"max":0,"b":[]}}`))
	f.Add([]byte(`{"rep":1e9,"kind":"end"}`))
	f.Add([]byte("null"))
	// What is read is written in a form that is read as the same.
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') == len(line)-1 {
			line = bytes.TrimSuffix(line, []byte("\n"))
		}
		rec, err := decodeLine(line)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		stream := encode(t, rec)
		again, err := decodeLine(stream)
		require.NoError(t, err)
		require.Equal(t, string(stream), string(encode(t, again)))
	})
}
