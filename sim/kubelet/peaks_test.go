package kubelet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

func TestALifeIsCutIntoBlocksWithTheirPeaks(t *testing.T) {
	w := newWorkingSet(Memory{Base: 100, PerRequest: 50, LeakPerSecond: 1}, 1000, 0)
	w.peaks.length = 100
	at := func(s int64) sim.Time { return sim.Time(s) * 1e9 }
	w.start(0)
	w.requests(at(10), 2, 0, 0)
	w.requests(at(20), 0, 0, 0)
	w.advance(at(230))
	// Two requests up to 20 s; then the leak alone; the rest of 30 s joins.
	require.Equal(t, []Peak{{Bytes: 220, Seconds: 100, Age: 100}, {Bytes: 330, Seconds: 130, Age: 230}}, w.peaks.all())
	w.advance(at(240))
	w.peaks.kill(1000)
	w.stop(at(240))
	require.Equal(t, Peak{Bytes: 1000, Seconds: 40, Age: 240, Killed: true}, w.peaks.all()[2])
	w.start(at(250))
	w.stop(at(255))
	require.Equal(t, Peak{Bytes: 105, Seconds: 5, Age: 5}, w.peaks.all()[3])
}

func TestAGaugeCountsTheTimeAboveAThreshold(t *testing.T) {
	var g Gauge
	g.Watch(10)
	g.Add(0, 0, 1)       // 0 … 30 s: above from 10 s on
	g.Add(30e9, 0, -2)   // falls by 1 a second: above up to 50 s
	g.Add(60e9, -100, 1) // level
	require.InDelta(t, 40, g.Above(100e9), 1e-9)
}
