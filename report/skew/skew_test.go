package skew

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

var zones = record.Spread{Key: "zone", MaxSkew: 1, Domains: map[string]string{"n1": "a", "n2": "b", "n3": "c"}}

func rolled(before, after []string) *Rollouts {
	r := &Rollouts{}
	r.Declare([]record.Spread{zones})
	r.Started(func() []string { return before })
	r.Complete(func() []string { return after }, false)
	return r
}

// A skew is left behind when it goes beyond maxSkew and did not before.
func TestSkewIsLeftBehind(t *testing.T) {
	even := []string{"n1", "n2", "n3"}
	r := rolled(even, []string{"n1", "n1", "n3"})
	require.Equal(t, []Left{{Spread: zones, Skew: 2, Counts: "a 2, b 0, c 1", Runs: 1}}, r.Left)
	require.EqualValues(t, 2, r.Most())

	require.Empty(t, rolled(even, even).Left)
	require.Empty(t, rolled(even, []string{"n1", "n1", "n2", "n3"}).Left, "just maxSkew")
	require.Empty(t, rolled([]string{"n1", "n1"}, []string{"n1", "n1"}).Left, "it was so before")
	require.Empty(t, rolled(even, []string{"n1", "n2", "n3", "other", "other"}).Left, "nodes that don't count")
}

// Each replication counts once for a constraint, and the largest skew is shown.
func TestMerge(t *testing.T) {
	small, large := Left{Spread: zones, Skew: 2, Runs: 1}, Left{Spread: zones, Skew: 3, Runs: 1}
	all := Merge(nil, []Left{small, large, small})
	require.Equal(t, []Left{{Spread: zones, Skew: 3, Runs: 1}}, all)
	all = Merge(all, []Left{small})
	require.Equal(t, []Left{{Spread: zones, Skew: 3, Runs: 2}}, all)
}
