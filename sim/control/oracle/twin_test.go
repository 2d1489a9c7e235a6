package oracle

import (
	"bytes"
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// standard is how many scenarios are compared without flags.
const standard = 300

var (
	cases = flag.Int("cases", standard, "how many random scenarios to compare")
	first = flag.Uint64("seed", 1, "the first of them")
	all   = flag.Bool("all", false, "print all rows of a case that differs")

	keepFailures = flag.Bool("keep", false, "shrink a case that differs and keep it in testdata/oracle")
)

// TestRandomClusters plays random scenarios in the simulated cluster and in
// Kubernetes itself: the same pods created, bound to the same nodes, deleted and
// gone, the same sizes and the same decisions of autoscalers in the same order,
// at the same times but for the latencies. What Kubernetes does now this way and
// now that way is ours as well when it does so at least once in its plays; where
// chance has too many faces for that, few scenarios may differ. That Kubernetes
// always does the same, and ours another thing, may only come of too few plays.
func TestRandomClusters(t *testing.T) {
	var mu sync.Mutex
	entries, verdicts := 0, map[verdict]int{}
	times := differences{}
	t.Run("seed", func(t *testing.T) {
		for seed := *first; seed < *first+uint64(*cases); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				spec := scenario(seed)
				o := compare(t, spec)
				var text bytes.Buffer
				require.NoError(t, o.WriteText(&text, *all))
				mu.Lock()
				defer mu.Unlock()
				entries += len(o.Rows)
				verdicts[o.verdict]++
				switch {
				case o.verdict == agrees:
					times.add(o)
				default:
					t.Logf("%s\n%s\n%s", o.verdict, describe(spec), text.String())
				}
				if o.verdict == different && *keepFailures {
					keepSmallest(t, spec)
				}
			})
		}
	})
	t.Logf("%d scenarios, %d entries; %v", *cases, entries, verdicts)
	t.Logf("conflicts of Kubernetes' controllers: %v", conflicts.of)
	require.LessOrEqual(t, verdicts[sometimes], *cases/20+1)
	require.LessOrEqual(t, verdicts[undecided], *cases/20+1)
	require.LessOrEqual(t, verdicts[different], *cases/100)
	if *cases >= soaked {
		for _, kind := range contested {
			require.Positive(t, conflicts.of[kind], "no scenario has a conflict about a %s", kind)
		}
	}
	if *cases == standard && *first == 1 && !t.Failed() {
		checkFidelity(t, standard, times)
	}
}
