package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// What happens again and again is told once, with how often and until when.
func TestEventsAreAggregated(t *testing.T) {
	list := []told{{1, "a"}, {2, "b"}, {3, "b"}, {sim.Time(60 * time.Second), "a"}, {sim.Time(120 * time.Second), "a"},
		{sim.Time(180 * time.Second), "a"}}
	require.Equal(t, []told{{1, "a (x4, last at 3m00s)"}, {2, "b"}, {3, "b"}}, aggregated(list))
}
