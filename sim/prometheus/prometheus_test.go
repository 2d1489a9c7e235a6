package prometheus

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

const second = sim.Time(time.Second)

func scraped(window time.Duration, interval sim.Time, values ...float64) *Series {
	s := &Series{Window: window}
	for i, v := range values {
		s.Add(sim.Time(i)*interval, v)
	}
	return s
}

// The cases of rate are those of Prometheus' own documentation of
// extrapolation: to the ends of the window when they are near, not below zero.
func TestRate(t *testing.T) {
	for _, c := range []struct {
		rule   string
		values []float64 // every 15 s from 0 s on
		now    sim.Time
		window time.Duration
		want   float64
	}{
		{"a steady counter has its slope", []float64{100, 130, 160, 190, 220}, 60 * second, time.Minute, 2},
		{"the ends of the window are reached by extrapolation", []float64{1000, 1030, 1060, 1090, 1120}, 67 * second,
			time.Minute, 2},
		{"a counter that began anew counts from zero", []float64{100, 130, 30, 60, 90}, 60 * second, time.Minute,
			1.0 / 60 * 90 * 60 / 45},
		{"it can't have been below zero at the start", []float64{0, 0, 0, 30, 60}, 61 * second, time.Minute,
			60.0 / 60 * 46 / 45},
		{"nothing grows", []float64{7, 7, 7, 7, 7}, 60 * second, time.Minute, 0},
		{"samples at the open start of the window are not in it", []float64{0, 300}, 75 * second, time.Minute, math.NaN()},
		{"a series that ended goes on for a window, by half an interval", []float64{15, 30, 45}, 80 * second,
			90 * time.Second, 1.0 / 90 * 30 * (30 + 10 + 7.5) / 30},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got, known := scraped(c.window, 15*second, c.values...).Rate(c.now, c.window)
			if math.IsNaN(c.want) {
				assert.False(t, known)
				return
			}
			require.True(t, known)
			assert.InDelta(t, c.want, got[0], 1e-9)
		})
	}
}

// A counter of constant slope has that rate, wherever the scrapes stand.
func TestRateOfALine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		window := time.Duration(30+r.IntN(300)) * time.Second
		interval := sim.Time(1+r.IntN(10)) * second
		slope, start := r.Float64()*100, 1e6*r.Float64()+1e5
		s := &Series{Window: window}
		at := sim.Time(r.Int64N(int64(interval)))
		for ; at < 600*second; at += interval {
			s.Add(at, start+slope*at.Seconds())
		}
		got, known := s.Rate(at-interval+sim.Time(r.Int64N(int64(interval))), window)
		require.True(t, known)
		assert.InDelta(t, slope, got[0], 1e-6*slope)
	}
}

func TestLast(t *testing.T) {
	s := scraped(0, 15*second, 1, 2)
	_, known := (&Series{}).Last(0)
	assert.False(t, known, "a series without samples has no value")
	got, known := s.Last(15 * second)
	assert.True(t, known)
	assert.Equal(t, []float64{2}, got)
	_, known = s.Last(sim.Time(15*time.Second + Lookback))
	assert.False(t, known, "a sample stands for five minutes")
	s.Miss(30 * second)
	_, known = s.Last(31 * second)
	assert.False(t, known, "a scrape that finds nothing ends the series")
	s.Add(45*second, 3)
	got, _ = s.Last(46 * second)
	assert.Equal(t, []float64{3}, got, "and the next that finds it begins it again")
	assert.True(t, s.Seen(44*second))
	assert.False(t, s.Seen(45*second))
}

// A long series keeps only what its window needs.
func TestSeriesIsBounded(t *testing.T) {
	s := &Series{Window: time.Minute}
	for i := range 100_000 {
		s.Add(sim.Time(i)*15*second, float64(i))
	}
	assert.LessOrEqual(t, len(s.samples), 6)
}

func TestQuantile(t *testing.T) {
	bounds := []float64{1, 2, 4}
	for _, c := range []struct {
		rule       string
		q          float64
		cumulative []float64
		want       float64
	}{
		{"half way through the first bucket", 0.5, []float64{10, 10, 10, 10}, 0.5},
		{"a line through the bucket of the rank", 0.75, []float64{10, 20, 20, 20}, 1.5},
		{"above the last bound it is the last bound", 0.99, []float64{1, 2, 3, 100}, 4},
		{"without observations it is no number", 0.95, []float64{0, 0, 0, 0}, math.NaN()},
		{"empty buckets are passed over", 0.95, []float64{0, 0, 10, 10}, 3.9},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got := Quantile(c.q, bounds, c.cumulative)
			if math.IsNaN(c.want) {
				assert.True(t, math.IsNaN(got))
				return
			}
			assert.InDelta(t, c.want, got, 1e-9)
		})
	}
}

// The estimate lies in the bucket that holds the true quantile.
func TestQuantileIsInTheRightBucket(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		values := make([]float64, 20+r.IntN(200))
		for i := range values {
			values[i] = r.ExpFloat64() * 2
		}
		slices.Sort(values)
		cumulative := make([]float64, len(DefaultBuckets)+1)
		for i, bound := range append(slices.Clone(DefaultBuckets), math.Inf(1)) {
			n, _ := slices.BinarySearch(values, bound)
			cumulative[i] = float64(n)
		}
		q := 0.5 + r.Float64()/2
		truth := values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
		if truth > 10 {
			continue
		}
		i, _ := slices.BinarySearch(DefaultBuckets, truth)
		got := Quantile(q, DefaultBuckets, cumulative)
		assert.LessOrEqual(t, got, DefaultBuckets[i])
		if i > 0 {
			assert.GreaterOrEqual(t, got, DefaultBuckets[i-1])
		}
	}
}
