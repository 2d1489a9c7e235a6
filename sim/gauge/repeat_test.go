package gauge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// anyNumber has many bits or few, and is large or small.
func anyNumber(r *rand.Rand) float64 {
	x := math.Ldexp(r.Float64(), r.IntN(60)-30)
	switch r.IntN(4) {
	case 0:
		return math.Floor(x)
	case 1:
		return math.Ldexp(float64(r.IntN(64)), r.IntN(40)-20)
	case 2:
		return (x + math.Ldexp(1, 30)) - math.Ldexp(1, 30) // ends where sums round
	}
	return x
}

// Adding at one go gives what adding one by one does, to the last bit.
func TestRepeat(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		sum, x, n := anyNumber(r), anyNumber(r), r.IntN(3000)
		if r.IntN(10) == 0 {
			sum = -sum
		}
		if r.IntN(10) == 0 {
			x = -x
		}
		want := sum
		for range n {
			want += x
		}
		require.Equal(t, want, Repeat(sum, x, n), "%v + %d × %v", sum, n, x)
	}
	// Half a unit: the last bit of the sum decides, and it is even from then on.
	odd := math.Nextafter(1<<53, 1<<54)
	require.Equal(t, odd+1, Repeat(odd, 1, 5))
}

// Passing over looks leaves gauges and peaks as the looks do.
func TestPassing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		looked := Gauge{value: anyNumber(r), integral: anyNumber(r), above: anyNumber(r)}
		if r.IntN(4) == 0 {
			looked.slope = anyNumber(r)
		}
		if r.IntN(2) == 0 {
			looked.Watch(anyNumber(r))
		}
		passed := looked
		first, period, looks := sim.Time(r.Int64N(1e12)), time.Duration(1+r.Int64N(2e10)), 1+r.IntN(2000)
		for i := range looks {
			looked.Value(first.Add(time.Duration(i) * period))
		}
		passed.Pass(first, period, looks)
		require.Equal(t, looked, passed)

		level := &Peaks{Length: float64(r.IntN(3)) * 3600 * r.Float64()}
		level.Start(anyNumber(r))
		level.Advance(r.Float64()*20, anyNumber(r), 0)
		other := *level
		dt, bytes := period.Seconds(), anyNumber(r)
		for range looks {
			level.Advance(dt, bytes, 0)
		}
		other.Stay(dt, bytes, looks)
		require.Equal(t, level.All(), other.All())
	}
}
