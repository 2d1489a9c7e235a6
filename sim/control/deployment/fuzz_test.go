package deployment

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKnownSituations plays each with the real controller, which has to agree,
// and comes to the sizes that are known.
func TestKnownSituations(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			sizes, theirs, ours := c.play(t, Sync)
			require.Equal(t, theirs, ours)
			require.Equal(t, c.want, sizes)
		})
	}
}

// TestNearlyKnownSituations plays what is one step away from them.
func TestNearlyKnownSituations(t *testing.T) {
	for n := range uint64(1000) {
		r := rand.New(rand.NewPCG(n, 12))
		data := known[r.IntN(len(known))].bytes()
		for range 1 + r.IntN(4) {
			data[r.IntN(len(data))] = byte(r.IntN(256))
		}
		_, theirs, ours := situationOf(data).play(t, Sync)
		require.Equal(t, theirs, ours, "%d: %+v", n, situationOf(data))
	}
}

// FuzzEqualToUpstream looks for situations that the real controller handles
// differently, beginning with the known ones.
func FuzzEqualToUpstream(f *testing.F) {
	for _, c := range known {
		f.Add(c.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, theirs, ours := situationOf(data).play(t, Sync)
		require.Equal(t, theirs, ours)
	})
}
