package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What a stream gives is part of the promise that a seed repeats a run on any
// machine and with any later version, so one value is pinned. Beside it stands
// what must hold whatever the value is.
func TestStreamsArePinned(t *testing.T) {
	s := NewStreams(42, 3)
	assert.Equal(t, uint64(0xecac1214c0385414), s.Get("arrivals", "default/web").Uint64())
	assert.Equal(t, s.Get("arrivals", "default/web").Uint64(), s.Get("arrivals", "default/web").Uint64())
}

func TestStreamsDependOnEachPartOfTheName(t *testing.T) {
	first := map[uint64]string{}
	for name, s := range map[string]Streams{"seed 1": NewStreams(1, 0), "seed 2": NewStreams(2, 0),
		"replication 1": NewStreams(1, 1)} {
		for _, object := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"", "abc"}, {"a", "b"}, {"b", "a"}} {
			draw := s.Get(object[0], object[1]).Uint64()
			label := name + ": " + object[0] + "|" + object[1]
			assert.NotContains(t, first, draw, "%s repeats %s", label, first[draw])
			first[draw] = label
		}
	}
}

// A stream is its own: draws from another, or a second stream of the same
// name, leave it where it was.
func TestStreamsAreIndependent(t *testing.T) {
	s := NewStreams(1, 0)
	alone := s.Get("x", "y")
	var want []uint64
	for range 100 {
		want = append(want, alone.Uint64())
	}
	first, other, again := s.Get("x", "y"), s.Get("x", "z"), s.Get("x", "y")
	for i := range 100 {
		assert.Equal(t, want[i], first.Uint64())
		other.Uint64()
	}
	assert.Equal(t, want[0], again.Uint64())
}

// The streams of many objects together are uniform: chi-square over 64 bins,
// 63 degrees of freedom, bounds at 0.1 % on either side.
func TestStreamsTogetherAreUniform(t *testing.T) {
	const objects, bins = 64_000, 64
	s, count := NewStreams(9, 0), [bins]int{}
	for i := range objects {
		count[s.Get("pod", string(rune('a'+i%26))+Time(i).String()).IntN(bins)]++
	}
	chi := 0.0
	for _, n := range count {
		d := float64(n) - objects/bins
		chi += d * d / (objects / bins)
	}
	assert.Greater(t, chi, 32.5)
	assert.Less(t, chi, 103.4)
}
