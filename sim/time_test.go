package sim

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeString(t *testing.T) {
	for at, want := range map[Time]string{
		0:                 "0s",
		1:                 "0.000000001s",
		second:            "1s",
		-second / 2:       "-0.5s",
		12*second + 345e6: "12.345s",
		100 * second:      "100s",
		Never:             "never",
		Never - 1:         "9223372036.854775806s",
		math.MinInt64:     "-9223372036.854775808s",
	} {
		assert.Equal(t, want, at.String())
	}
}

func TestTimeAddStopsAtNever(t *testing.T) {
	assert.Equal(t, 3*second, Time(second).Add(2*time.Second))
	assert.Equal(t, -second, Time(second).Add(-2*time.Second))
	assert.Equal(t, Never, Never.Add(1))
	assert.Equal(t, Never, (Never - 5).Add(6))
	assert.Equal(t, Never-1, (Never - 5).Add(4))
	assert.Equal(t, time.Second, (3 * second).Sub(2*second))
	assert.Equal(t, 1.5, (3 * second / 2).Seconds())
}

func TestTimeJSONKeepsEveryNanosecond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	times := []Time{0, 1, -1, second, -second, Never, math.MinInt64, 1e9 - 1, 1e9 + 1}
	for range 10_000 {
		times = append(times, Time(r.Uint64())>>r.IntN(64))
	}
	text, err := json.Marshal(times)
	require.NoError(t, err)
	var back []Time
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, times, back)
}

func TestTimeUnmarshalJSON(t *testing.T) {
	for text, want := range map[string]Time{
		"0": 0, "-0": 0, "1": second, "1.5": 3 * second / 2, "0.000000001": 1, "-0.25": -second / 4,
		"1.500000000": 3 * second / 2,
	} {
		var got Time
		require.NoError(t, got.UnmarshalJSON([]byte(text)), text)
		assert.Equal(t, want, got, text)
	}
	const form = "time: must be decimal seconds with at most 9 decimals, got "
	const size = "time: must be within ±292 years in seconds, got "
	for text, want := range map[string]string{
		"":                      form,
		`"1"`:                   form + `"1"`,
		"1.":                    form + "1.",
		".5":                    form + ".5",
		"1e3":                   form + "1e3",
		"--1":                   form + "--1",
		"+1":                    form + "+1",
		"1.5.5":                 form + "1.5.5",
		"1.-5":                  form + "1.-5",
		"0.0000000001":          form + "0.0000000001",
		"null":                  form + "null",
		"9223372036.854775808":  size + "9223372036.854775808",
		"-9223372036.854775809": size + "-9223372036.854775809",
		"99999999999":           size + "99999999999",
		strings.Repeat("9", 60): size + strings.Repeat("9", 40),
	} {
		got := Time(7)
		require.EqualError(t, got.UnmarshalJSON([]byte(text)), want, text)
		assert.Equal(t, Time(7), got, "a bad %q must leave the value alone", text)
	}
}

// FuzzTimeJSON holds that what is read is what is written: a text that is
// accepted has the value of the number it spells, and comes back from its own
// shortest form.
func FuzzTimeJSON(f *testing.F) {
	for _, seed := range []string{"0", "1.5", "-0.000000001", "9223372036.854775807", "-9223372036.854775808", "1e9",
		"0x1", "", "-", "."} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got Time
		if got.UnmarshalJSON(text) != nil {
			return
		}
		var number float64
		if json.Unmarshal(text, &number) == nil {
			assert.InDelta(t, number, got.Seconds(), 1e-9+math.Abs(number)*1e-15)
		}
		written, err := got.MarshalJSON()
		require.NoError(t, err)
		require.True(t, json.Valid(written), "%s", written)
		var again Time
		require.NoError(t, again.UnmarshalJSON(written))
		assert.Equal(t, got, again)
	})
}
