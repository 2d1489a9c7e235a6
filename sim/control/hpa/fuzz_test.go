package hpa

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
			sizes, found := c.play(t, Reconcile)
			require.Empty(t, found)
			require.Equal(t, c.want, sizes)
		})
	}
}

// TestNearlyKnownSituations plays what is one step away from them.
func TestNearlyKnownSituations(t *testing.T) {
	for n := range uint64(2000) {
		r := rand.New(rand.NewPCG(n, 11))
		data := known[r.IntN(len(known))].bytes()
		for range 1 + r.IntN(4) {
			data[r.IntN(len(data))] = byte(r.IntN(256))
		}
		_, found := situationOf(data).play(t, Reconcile)
		require.Empty(t, found, "%d: %+v", n, situationOf(data))
	}
}

// FuzzEqualToUpstream looks for situations that the real controller handles
// differently, beginning with the known ones.
func FuzzEqualToUpstream(f *testing.F) {
	for _, c := range known {
		f.Add(c.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, found := situationOf(data).play(t, Reconcile)
		require.Empty(t, found)
	})
}
