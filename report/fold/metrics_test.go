package fold

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/measure"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Every metric that expectations know is measured, about the object its Of
// says, and nothing else is.
func TestEveryMetricIsMeasured(t *testing.T) {
	measured := 0
	for _, m := range record.Metrics {
		if slices.Contains(measure.Metrics, m.Name) {
			continue // another room
		}
		var ok bool
		switch m.Of {
		case "":
			_, ok = runMetrics[m.Name]
		case "service":
			_, ok = serviceMetrics[m.Name]
		case "workload":
			_, ok = workloadMetrics[m.Name]
		case "pool":
			_, ok = poolMetrics[m.Name]
		}
		require.True(t, ok, m.Name)
		measured++
	}
	require.Equal(t, len(runMetrics)+len(serviceMetrics)+len(workloadMetrics)+len(poolMetrics), measured)
}
