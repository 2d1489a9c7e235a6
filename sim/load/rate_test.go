package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// everyRate is one rate of each shape, with something going on in the first
// 100 s.
func everyRate(t testing.TB) map[string]Rate {
	spike, err := Spike{Base: 2, Peak: 30, At: 20 * time.Second, Rise: 5 * time.Second, Hold: 10 * time.Second,
		Fall: 20 * time.Second}.Rate()
	require.NoError(t, err)
	square, err := Spike{Base: 0, Peak: 9, At: 30 * time.Second, Hold: 7 * time.Second}.Rate()
	require.NoError(t, err)
	stages, err := Stages(1, []Stage{{30 * time.Second, 10}, {20 * time.Second, 10}, {0, 3}, {10 * time.Second, 0},
		{5 * time.Second, 0}, {5 * time.Second, 4}})
	require.NoError(t, err)
	saw, err := NewPiecewise([]Segment{{7 * time.Second, 0, 8}, {3 * time.Second, 5, 2}}, true)
	require.NoError(t, err)
	return map[string]Rate{
		"constant": Constant{3}, "ramp": Ramp{2, 10, time.Minute}, "jump": Ramp{5, 0, 0},
		"steps":   Steps{{At: sim.Time(10 * time.Second), PerSecond: 4}, {At: sim.Time(50 * time.Second), PerSecond: 1}},
		"diurnal": Diurnal{Mean: 5, Amplitude: 0.8, Period: 90 * time.Second, Peak: 20 * time.Second},
		"still":   Diurnal{Mean: 5, Amplitude: 1, Period: 30 * time.Second},
		"spike":   spike, "square": square, "stages": stages, "saw": saw, "saw later": saw.From(sim.Time(4 * time.Second)),
		"thrice": scaledRate(saw, 3), "three threes": scaledRate(Constant{3}, 3),
	}
}

func TestRatesAndTheirIntegrals(t *testing.T) {
	for name, rate := range everyRate(t) {
		const steps = 100_000
		end := sim.Time(100 * time.Second)
		sum := 0.0
		for i := range steps {
			middle := rate.At(end/steps*sim.Time(i) + end/steps/2)
			require.LessOrEqual(t, middle, rate.Max()+1e-9)
			sum += middle * end.Seconds() / steps
		}
		assert.InDelta(t, sum, rate.Integral(end), 0.01, name)

		p := &paced{rate: rate, horizon: end}
		for n := 1.0; ; n++ {
			at := p.next()
			if at == sim.Never {
				break
			}
			require.InDelta(t, n, rate.Integral(at), 1e-4, "%s: the n-th paced arrival", name)
		}
	}
}

func TestStagesAreRampsToTheirTargets(t *testing.T) {
	p, err := Stages(0, []Stage{{time.Minute, 60}, {time.Minute, 60}, {0, 10}, {30 * time.Second, 0}})
	require.NoError(t, err)
	for s, want := range map[float64]float64{0: 0, 30: 30, 60: 60, 100: 60, 119.999: 60, 120: 10, 135: 5, 150: 0, 1e6: 0} {
		assert.InDelta(t, want, p.At(sim.Time(s*1e9)), 1e-6, "at %v s", s)
	}
	assert.InDelta(t, 1800+3600+150, p.Integral(sim.Time(time.Hour)), 1e-9)
}

func TestWeeklyProfileHasItsMeanAndRepeats(t *testing.T) {
	w := Weekly{Mean: 7, Days: [7]float64{1, 1, 1, 1, 1.2, 0.4, 0.3}}
	for h := range w.Hours {
		w.Hours[h] = 1 + math.Sin(float64(h))
	}
	p, err := w.Rate()
	require.NoError(t, err)
	const week = sim.Time(7 * 24 * time.Hour)
	assert.InDelta(t, 7*week.Seconds(), p.Integral(week), 1e-3)
	assert.InDelta(t, 7*3*week.Seconds(), p.Integral(3*week), 1e-2)
	hour := sim.Time(time.Hour)
	assert.InDelta(t, w.Days[5]*w.Hours[13]/(w.Days[1]*w.Hours[4]), p.At((5*24+13)*hour)/p.At((24+4)*hour), 1e-9,
		"ratio of two full hours")
	assert.InDelta(t, (p.At(10*hour)+p.At(11*hour))/2, p.At(10*hour+hour/2), 1e-9, "between full hours")
	assert.InDelta(t, p.At(40*hour), p.At(40*hour+2*week), 1e-9)
	saturday := p.From(5 * 24 * hour)
	assert.InDelta(t, p.At(5*24*hour+1000), saturday.At(1000), 1e-9)
	assert.Zero(t, saturday.Integral(0))
	assert.InDelta(t, 7*week.Seconds(), saturday.Integral(week), 1e-3)
}

func TestBadSegmentsAreErrors(t *testing.T) {
	for want, segments := range map[string][]Segment{
		"segment 1: rate: must be at least 0 and finite, got 1 to -2": {
			{1, 0, 1}, {1, 1, -2}},
		"segment 0: rate: must be at least 0 and finite, got NaN to 1":             {{1, math.NaN(), 1}},
		"segment 0: rate: must be at least 0 and finite, got 1 to +Inf":            {{1, 1, math.Inf(1)}},
		"segment 0: length: must be at least 0 and end within 292 years, got -1ns": {{-1, 1, 1}},
		"segment 1: length: must be at least 0 and end within 292 years, got 2562047h47m16.854775807s": {
			{1, 1, 1}, {math.MaxInt64, 1, 1}},
		"segments: must have a length to repeat, got 0s": {{0, 1, 1}},
	} {
		_, err := NewPiecewise(segments, true)
		assert.EqualError(t, err, want)
	}
	_, err := Weekly{Mean: 1}.Rate()
	assert.EqualError(t, err, "weights: must not all be 0")
}
