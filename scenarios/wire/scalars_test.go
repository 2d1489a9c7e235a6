package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurations(t *testing.T) {
	for word, want := range map[string]string{"90s": "1m30s", "2h": "2h0m0s", "1d": "24h0m0s", "1w2d": "216h0m0s",
		"1.5d": "36h0m0s", "0s": "0s"} {
		d, err := parseDuration(word)
		require.NoError(t, err, word)
		assert.Equal(t, want, d.String(), word)
	}
	for _, word := range []string{"", "5", "d", "-1s", "1y", "400d", "1e9h", "9999999999999w", "1h-30m1x"} {
		_, err := parseDuration(word)
		assert.Error(t, err, word)
	}
}

func TestRatesAndSizes(t *testing.T) {
	var p PerSecond
	require.NoError(t, p.parse("1200/m"))
	assert.InDelta(t, 20, float64(p), 1e-12)
	assert.Error(t, p.parse("-1"))
	assert.Error(t, p.parse("1/fortnight"))
	assert.Error(t, p.parse("NaN"))
	var s SizeRate
	require.NoError(t, s.parse("36Mi/h"))
	assert.InDelta(t, 36*1024*1024/3600.0, float64(s), 1e-9)
	assert.Error(t, s.parse("36Mi"), "a rate needs a time unit")
	ratio, err := Bound("99.9%").In("ratio")
	require.NoError(t, err)
	assert.InDelta(t, 0.999, ratio, 1e-12)
	_, err = Bound("soon").In("seconds")
	assert.Error(t, err)
}

func FuzzScalarWords(f *testing.F) {
	for _, word := range []string{"1h", "1w2d", "512Mi", "30Mi/h", "lognormal(1s, 2s)", "uniform(0s,1s)", "99.9%",
		"1200/m", "500m"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		for _, s := range []scalar{new(Duration), new(Quantity), new(Size), new(SizeRate), new(Cores), new(PerSecond),
			new(DurationDist), new(Bound)} {
			if err := s.parse(word); err != nil && strings.Contains(err.Error(), "\n") {
				t.Fatalf("an error of several lines: %q", err)
			}
		}
		for _, unit := range []string{"ratio", "seconds", "count", "bytes"} {
			if v, err := Bound(word).In(unit); err == nil && v != v {
				t.Fatalf("%q is no number of %s", word, unit)
			}
		}
	})
}
