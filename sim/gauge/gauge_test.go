package gauge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAGaugeCountsTheTimeAboveAThreshold(t *testing.T) {
	var g Gauge
	g.Watch(10)
	g.Add(0, 0, 1)       // 0 … 30 s: above from 10 s on
	g.Add(30e9, 0, -2)   // falls by 1 a second: above up to 50 s
	g.Add(60e9, -100, 1) // level
	require.InDelta(t, 40, g.Above(100e9), 1e-9)
}
