package trace

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

func TestBrokenTracesSayWhere(t *testing.T) {
	for _, c := range []struct {
		content, want string
		change        func(*Options)
	}{
		{"", "t: must hold at least one request", nil},
		{"t\n", "t: must hold at least one request", nil},
		{"t\n1\n\nx\n", `t:4: must be a number or a time like 2023-11-16 18:15:46.68, got "x", 1 good line before`, nil},
		{"1\n5\n4\n", `t:3: must not go backwards: "4" is before the time of line 2, 2 good lines before`, nil},
		{"1\n2024-01-01T00:00:00Z\n",
			`t:2: must be a time of the same kind as the lines before, got "2024-01-01T00:00:00Z", 1 good line before`, nil},
		{"a,t\n7,1\n7\n", "t:3: must have at least 2 columns, got 1, 1 good line before", nil},
		{"t,input_tokens\n1,-5\n",
			`t:2: input_tokens: must be a whole number from 0 to 2147483647, got "-5", 0 good lines before`, nil},
		{"t,hash_ids\n1,a\n", `t:2: hash_ids: must be a list of whole numbers, got "a", 0 good lines before`, nil},
		{"t,in\n1,2\n", `t:1: must have a column "tokens", got t, in, 0 good lines before`,
			func(o *Options) { o.Columns.Input = "tokens" }},
		{"1\n\xff\n", "t:2: must be a line of UTF-8 text (one file, not an archive), got binary data, 1 good line before",
			nil},
		{"PK\x03\x04\x00\x00",
			"t:1: must be a line of UTF-8 text (one file, not an archive), got binary data, 0 good lines before", nil},
		{"1\n" + strings.Repeat("2", maxLine+1), "t:2: must be at most 4 MiB long, 1 good line before", nil},
		{"\x1f\x8b\x08", "t: must be a whole gzip file: unexpected EOF", nil},
		{`{"timestamp": 1}` + "\n{\"timestamp\":",
			"t:2: must be a JSON object: unexpected end of JSON input, 1 good line before", nil},
		{`{"timestamp": 1}` + "\n[1]", "t:2: must be a JSON object: array, 1 good line before", nil},
		{`{"when": 1}`, "t:1: must have a member that is a time: timestamp, time, t, arrival, seconds, 0 good lines before",
			nil},
		{`{"when": 1}`, `t:1: must have a member "at", 0 good lines before`, func(o *Options) { o.Columns.Time = "at" }},
		{"0,1,1,Gamma,1,1\n600,1,1\n", "t:2: must have 6 columns, t,rate,cv,pattern,arg1,arg2, got 3, 1 good line before",
			func(o *Options) { o.Format = ServeGen }},
		{"0,-1,1,Gamma,1,1\n", `t:1: rate: must be a number from 0 to 1e+07, got "-1", 0 good lines before`,
			func(o *Options) { o.Format = ServeGen }},
		{"0,1,1,Gamma,0,1\n", `t:1: arg1: must be a number from 0.0001 to 1e+06, got "0", 0 good lines before`,
			func(o *Options) { o.Format = ServeGen }},
		{"0,0,0,,0,0\n0,0,0,,0,0\n", `t:2: t: must be after the row before, got "0" twice, 1 good line before`,
			func(o *Options) { o.Format = ServeGen }},
		{"0,0,0,,0,0\n", "t: must hold a window with a rate above 0", func(o *Options) { o.Format = ServeGen }},
		{"1\n2\n", "from: must be at or before the last request of the trace, at 1s, got 2s",
			func(o *Options) { o.From = 2 * time.Second }},
		{"1\n1\n", "loop: must be left out for a trace of less than 1s, got 0s", func(o *Options) { o.Loop = true }},
		{"0,1,1,Gamma,1,1\n", "loop: must be left out for windows of less than 60s, got 10s",
			func(o *Options) { o.Format, o.Loop, o.From = ServeGen, true, 590*time.Second }},
		{"1\n", "columns: must be left out for the format azure, which has its own",
			func(o *Options) { o.Format, o.Columns.Time = Azure, "t" }},
	} {
		o := plain
		if c.change != nil {
			c.change(&o)
		}
		_, err := New("t", text(c.content), o)
		assert.EqualError(t, err, c.want)
	}
	// A gzip file that was cut.
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 100_000 {
		fmt.Fprintf(z, "%d.%d\n", i, i*7919%1000)
	}
	require.NoError(t, z.Close())
	_, err := New("t", text(zipped.String()[:zipped.Len()/2]), plain)
	assert.ErrorContains(t, err, "must be a whole gzip file: unexpected EOF, ")
	assert.ErrorContains(t, err, " good lines before")
}

func TestInstantsAreExact(t *testing.T) {
	for word, want := range map[string]int64{
		"0": 0, "1": 1e9, "1.5": 15e8, "1700000000.123456789": 1700000000123456789, "-2.25": -225e7, ".5": 5e8, "3.": 3e9,
		"1e3": 1e12, "2.0000000019": 2000000001, "1970-01-01T00:00:01Z": 1e9, "1970-01-01 00:00:00.1234567": 123456700,
		"1970-01-01T01:00:00+01:00": 0,
	} {
		got, _, ok := instant([]byte(word), time.Second)
		assert.True(t, ok, word)
		assert.Equal(t, want, got, word)
	}
	for _, word := range []string{"", "-", ".", "x", "1x", "NaN", "Inf", "1e30", "99999999999999999999",
		"2023-13-01 00:00:00", "0001-01-01T00:00:00Z", "1.2.3", "2023-11-16"} {
		_, _, ok := instant([]byte(word), time.Second)
		assert.False(t, ok, word)
	}
}

func FuzzTrace(f *testing.F) {
	data, err := os.ReadFile(azureFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data[:400]), uint8(1), uint8(1), false)
	f.Add("t,hash_ids\n1,[1 2]\n2,\n", uint8(0), uint8(3), true)
	f.Add(`{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}`, uint8(2), uint8(1), true)
	f.Add("0,0,0,,0,0\n600,0.2,0.8,Weibull,1.28,5\n1200,1,6.7,Gamma,0.0223,73\n", uint8(4), uint8(2), true)
	f.Add("1\n2.5\n1e3\n", uint8(5), uint8(0), false)
	f.Fuzz(func(t *testing.T, content string, format, scale uint8, loop bool) {
		o := Options{Stretch: 1, RateScale: 0.25 + float64(scale)/2, Loop: loop, Horizon: sim.Time(24 * time.Hour)}
		if int(format) < len(Formats) {
			o.Format = Format(Formats[format])
		}
		tr, err := New("t", text(content), o)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("an error of several lines: %q", err)
			}
			return
		}
		before := sim.Time(0)
		for _, a := range play(t, tr, 50) {
			if a.At < before || a.Input < 0 || a.Output < 0 {
				t.Fatalf("%+v after %s", a, before)
			}
			before = a.At
		}
	})
}
