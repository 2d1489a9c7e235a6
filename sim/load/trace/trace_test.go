package trace

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

const azureFile = "../../../testdata/traces/azure-llm-conv.csv"

// plain is every option left out.
var plain = Options{Stretch: 1, RateScale: 1}

func text(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

// play is all arrivals of a trace, at most limit.
func play(t testing.TB, tr *Trace, limit int) []load.Arrival {
	t.Helper()
	opened, err := tr.Open(rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	defer opened.Close()
	var list []load.Arrival
	for len(list) < limit {
		var a load.Arrival
		err := opened.Next(&a)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		list = append(list, a)
	}
	return list
}

func of(t testing.TB, content string, o Options) *Trace {
	t.Helper()
	tr, err := New("t", text(content), o)
	require.NoError(t, err)
	return tr
}

// The excerpt of Azure's trace reads as encoding/csv and time read it: CRLF,
// seven decimals, exact times. Plain and gzipped, named or found out.
func TestAzureTraceReadsAsItIs(t *testing.T) {
	data, err := os.ReadFile(azureFile)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 200)
	var want []load.Arrival
	var first time.Time
	for i, row := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.9999999", row[0])
		require.NoError(t, err)
		if i == 0 {
			first = at
		}
		input, _ := strconv.Atoi(row[1])
		output, _ := strconv.Atoi(row[2])
		want = append(want, load.Arrival{At: sim.Time(at.Sub(first)),
			Tokens: load.Tokens{Input: int32(input), Output: int32(output)}})
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err = z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for _, format := range []Format{Azure, Auto, CSV} {
		for _, content := range []string{string(data), zipped.String(), "\ufeff" + string(data)} {
			o := plain
			o.Format = format
			tr := of(t, content, o)
			assert.Equal(t, want, normal(play(t, tr, 1000)))
			assert.Equal(t, Summary{Requests: 199, Last: want[198].At, Tokens: true}, tr.Summary())
		}
	}
}

// normal makes empty prefixes nil.
func normal(list []load.Arrival) []load.Arrival {
	for i := range list {
		if len(list[i].Prefix) == 0 {
			list[i].Prefix = nil
		}
	}
	return list
}

func TestMooncakeTraceReadsAsItIs(t *testing.T) {
	const content = `{"timestamp": 500, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 18446744073709551615]}
{"timestamp": 500, "input_length": 7322, "output_length": 490, "hash_ids": []}

{"timestamp": 3537, "input_length": 1, "output_length": 0, "hash_ids": [7]}`
	want := []load.Arrival{
		{At: 0, Tokens: load.Tokens{Input: 6758, Output: 500, Prefix: []uint64{0, 1, 1<<64 - 1}}},
		{At: 0, Tokens: load.Tokens{Input: 7322, Output: 490}},
		{At: sim.Time(3037 * time.Millisecond), Tokens: load.Tokens{Input: 1, Output: 0, Prefix: []uint64{7}}},
	}
	for _, format := range []Format{Mooncake, Auto} {
		o := plain
		o.Format = format
		assert.Equal(t, want, normal(play(t, of(t, content, o), 10)))
	}
	// As any JSON lines, it has seconds and names of one's own.
	o := plain
	o.Format, o.Columns = JSONL, Columns{Time: "timestamp", Output: "output_length"}
	assert.Equal(t, sim.Time(3037*time.Second), play(t, of(t, content, o), 10)[2].At)
}

func TestColumnsAreFoundByName(t *testing.T) {
	const content = "# a comment\nid,\"When, UTC\",in,\"blocks\"\n9,\"2024-01-01T00:00:00Z\",5,\"[3 4]\"\n9, 2024-01-01T01:00:00.5+01:00 ,\"6\",\n"
	o := plain
	o.Columns = Columns{Time: "when, utc", Input: "in", Prefix: "blocks"}
	assert.Equal(t, []load.Arrival{
		{At: 0, Tokens: load.Tokens{Input: 5, Prefix: []uint64{3, 4}}},
		{At: sim.Time(time.Second / 2), Tokens: load.Tokens{Input: 6}},
	}, normal(play(t, of(t, content, o), 10)))
	o = plain
	o.Unit = time.Microsecond
	assert.Equal(t, []sim.Time{0, 1500, 2000}, times(play(t, of(t, "1\n2.5\n3e0\n", o), 10)),
		"a list of numbers has no header")
}

func times(list []load.Arrival) []sim.Time {
	at := make([]sim.Time, len(list))
	for i, a := range list {
		at[i] = a.At
	}
	return at
}

// The options change the times and the number of requests, and nothing else.
func TestOptionsOfPlaying(t *testing.T) {
	const content = "t,input_tokens\n10,0\n12,1\n13,2\n13,3\n20,4\n"
	second := func(list ...float64) []sim.Time {
		at := make([]sim.Time, len(list))
		for i, s := range list {
			at[i] = sim.Time(s * 1e9)
		}
		return at
	}
	for name, c := range map[string]struct {
		change func(*Options)
		want   []sim.Time
	}{
		"as it is":  {func(*Options) {}, second(0, 2, 3, 3, 10)},
		"stretched": {func(o *Options) { o.Stretch = 2.5 }, second(0, 5, 7.5, 7.5, 25)},
		"from":      {func(o *Options) { o.From = 1500 * time.Millisecond }, second(0.5, 1.5, 1.5, 8.5)},
		"thinned":   {func(o *Options) { o.RateScale = 0.5 }, second(2, 3)},
		"tripled": {func(o *Options) { o.RateScale = 3 }, second(0, 2./3, 4./3, 2, 2+1./3, 2+2./3, 3, 3, 3, 3, 3+7./3,
			3+14./3, 10, 10, 10)},
		"half more":  {func(o *Options) { o.RateScale = 1.5 }, second(0, 2, 2.5, 3, 3, 3+7./2, 10)},
		"over again": {func(o *Options) { o.Loop = true }, second(0, 2, 3, 3, 10, 12.5, 14.5, 15.5, 15.5, 22.5, 25, 27)},
	} {
		o := plain
		c.change(&o)
		got := times(play(t, of(t, content, o), 12+3*btoi(!o.Loop)))
		require.Len(t, got, len(c.want), name)
		for i := range got {
			assert.InDelta(t, int64(c.want[i]), int64(got[i]), 2, "%s, request %d", name, i)
		}
	}
	// The same requests, whatever is scaled: every second one of these.
	o := plain
	o.RateScale = 0.4
	got := play(t, of(t, content, o), 10)
	require.Len(t, got, 2)
	assert.Equal(t, []int32{2, 4}, []int32{got[0].Input, got[1].Input})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A loop keeps the mean rate and the part from its start on.
func TestLoopRepeatsThePartFromItsStart(t *testing.T) {
	o := plain
	o.Loop, o.From, o.Stretch = true, 2*time.Second, 2
	// Requests at 2, 3, 5 s: a round lasts 3 s × 3/2, stretched to 9 s.
	want := []sim.Time{0, 2e9, 6e9, 9e9, 11e9, 15e9, 18e9}
	assert.Equal(t, want, times(play(t, of(t, "0\n2\n3\n5\n", o), 7)))
}

// Every reading is its own, as replications side by side need it.
func TestReadingsDoNotDisturbEachOther(t *testing.T) {
	tr := of(t, "1\n2\n4\n8\n", plain)
	a, err := tr.Open(nil)
	require.NoError(t, err)
	b, err := tr.Open(nil)
	require.NoError(t, err)
	var x, y load.Arrival
	for range 4 {
		require.NoError(t, a.Next(&x))
		require.NoError(t, b.Next(&y))
		assert.Equal(t, x.At, y.At)
	}
	require.ErrorIs(t, a.Next(&x), io.EOF)
}

// endless yields lines without end and counts what was read.
type endless struct{ line, read int }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for {
		text := fmt.Sprintf("%d.5,7,8\n", e.line)
		if n+len(text) > len(p) {
			e.read += n
			return n, nil
		}
		n += copy(p[n:], text)
		e.line++
	}
}
func (e *endless) Close() error { return nil }

// A trace is streamed: the first request needs a block, not the file.
func TestTraceIsStreamed(t *testing.T) {
	source := &endless{}
	tr := &Trace{name: "t", open: func() (io.ReadCloser, error) { return source, nil }, options: plain}
	opened, err := tr.Open(nil)
	require.NoError(t, err)
	var a load.Arrival
	require.NoError(t, opened.Next(&a))
	assert.Less(t, source.read, 256<<10)
}

func TestReadingALineOfCSVDoesNotAllocate(t *testing.T) {
	var content strings.Builder
	content.WriteString("TIMESTAMP,ContextTokens,GeneratedTokens\r\n")
	for i := range 5000 {
		fmt.Fprintf(&content, "2023-11-16 18:%02d:%02d.9799600,4808,10\r\n", i/60%60, i%60)
		if i%60 == 59 && i/60%60 == 59 {
			break
		}
	}
	opened, err := of(t, content.String(), plain).Open(nil)
	require.NoError(t, err)
	var a load.Arrival
	assert.Zero(t, testing.AllocsPerRun(2000, func() {
		if err := opened.Next(&a); err != nil {
			t.Fatal(err)
		}
	}))
}
