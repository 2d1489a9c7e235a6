package finding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

func TestRollingUpdate(t *testing.T) {
	for _, c := range []struct {
		strategy           string
		replicas           int32
		surge, unavailable int
		ok                 bool
	}{
		{"RollingUpdate maxSurge=1 maxUnavailable=0", 3, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 1, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 3, 1, 0, true},
		{"RollingUpdate maxSurge=25% maxUnavailable=25%", 10, 3, 2, true},
		{"RollingUpdate maxSurge=0 maxUnavailable=10%", 3, 0, 1, true},
		{"Recreate", 3, 0, 0, false},
		{"RollingUpdate maxUnavailable=1 OrderedReady", 3, 0, 0, false},
		{"", 3, 0, 0, false},
	} {
		parsed, err := record.ParseStrategy(c.strategy)
		require.NoError(t, err)
		u, ok := rollingUpdateOf(parsed, c.replicas)
		require.Equal(t, c.ok, ok, c.strategy)
		require.Equal(t, c.surge, u.surge, c.strategy)
		require.Equal(t, c.unavailable, u.unavailable, c.strategy)
	}
}
