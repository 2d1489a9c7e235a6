package manager

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
)

// Budgets that are dropped make no difference, and of objects that come and go few are
// kept. The twin keeps all.
func TestBudgetsOfEventsAreForgotten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var e events
	all := events{budgets: map[types.UID]budget{}}
	now, refused := sim.Time(0), 0
	for i := range 20_000 {
		now += sim.Time(r.Int64N(int64(20 * time.Second)))
		object := types.UID(fmt.Sprint(r.IntN(3), "-", i/1000))
		if r.IntN(3) == 0 {
			object = types.UID(fmt.Sprint("once ", i))
		}
		all.kept = len(all.budgets) // never drops
		want := all.allow(object, now)
		require.Equal(t, want, e.allow(object, now), "event %d", i)
		if !want {
			refused++
		}
	}
	require.Positive(t, refused)
	require.Less(t, len(e.budgets), 200)
	require.Greater(t, len(all.budgets), 5000)
}
