package page

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
)

// A risk that has no estimate is told by its upper bound, where that says anything.
func TestRiskText(t *testing.T) {
	require.Equal(t, "< 71 %",
		riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.70756}}))
	require.Equal(t, "< 1.2 %",
		riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.01151}}))
	require.Equal(t, "< 0.012 %",
		riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.00012}}))
	require.Equal(t, "unknown",
		riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Interval{Low: 0, High: 0.9999}}))
	require.Equal(t, "-", riskText(stat.Estimate{Value: stat.Missing, Interval: stat.Unbounded}))
}
