package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// What happens again and again is told once, with how often and until when.
func TestEventsAreAggregated(t *testing.T) {
	list := []told{{1, "a", ""}, {2, "b", ""}, {3, "b", ""}, {sim.Time(60 * time.Second), "a", ""},
		{sim.Time(120 * time.Second), "a", ""}, {sim.Time(180 * time.Second), "a", ""}}
	require.Equal(t, []told{{1, "a (x4, last at 3m00s)", ""}, {2, "b", ""}, {3, "b", ""}}, aggregated(list))
}

// Notes with times in them are told once, with the first and the last.
func TestNotesOfOneReasonAreAggregated(t *testing.T) {
	var list []told
	for i := range 5 {
		list = append(list, told{sim.Time(i) * 1e9, "BackOff: until " + string(rune('0'+i)), "BackOff"})
	}
	require.Equal(t, []told{{0, "BackOff: until 0 (x5, last at 4.0s: BackOff: until 4)", ""}}, aggregated(list))
}
