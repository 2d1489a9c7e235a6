package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The interval holds the true probability at least as often as it says, for
// pods that are killed at a constant rate and watched for half a day.
func TestPerPodDayCoverage(t *testing.T) {
	const runs, pods, rate, watched = 2000, 20, 0.3, 0.5
	rng := rand.New(rand.NewPCG(21, 22))
	truth := -math.Expm1(-rate)
	held := 0
	for range runs {
		killed, atRisk := int64(0), 0.0
		for range pods {
			life := rng.ExpFloat64() / rate
			if life < watched {
				killed++
			}
			atRisk += math.Min(life, watched)
		}
		e := PerPodDay(killed, atRisk)
		if float64(e.Low) <= truth && truth <= float64(e.High) {
			held++
		}
	}
	require.GreaterOrEqual(t, float64(held)/runs, 0.935) // three standard errors below 0.95
}
