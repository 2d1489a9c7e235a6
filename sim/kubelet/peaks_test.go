package kubelet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/gauge"
)

func TestALifeIsCutIntoBlocksWithTheirPeaks(t *testing.T) {
	w := newWorkingSet(Memory{Base: 100, PerRequest: 50, LeakPerSecond: 1}, 1000, 0)
	w.peaks.Length = 100
	at := func(s int64) sim.Time { return sim.Time(s) * 1e9 }
	w.start(0)
	w.requests(at(10), 2, 0, 0)
	w.requests(at(20), 0, 0, 0)
	w.advance(at(230))
	// Two requests up to 20 s; then the leak alone; the rest of 30 s joins.
	require.Equal(t, []gauge.Peak{{Bytes: 220, Seconds: 100, Age: 100}, {Bytes: 330, Seconds: 130, Age: 230}},
		w.peaks.All())
	w.advance(at(240))
	w.peaks.Kill(1000)
	w.stop(at(240))
	require.Equal(t, gauge.Peak{Bytes: 1000, Seconds: 40, Age: 240, Killed: true}, w.peaks.All()[2])
	w.start(at(250))
	w.stop(at(255))
	require.Equal(t, gauge.Peak{Bytes: 105, Seconds: 5, Age: 5}, w.peaks.All()[3])
}
