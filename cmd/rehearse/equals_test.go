package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// equals is how many comparisons of equals are played of each scenario.
var equals = flag.Int("equals", 6, "comparisons of a scenario with itself under other luck")

// A scenario beside itself under independent luck: one of twenty metrics differs at most
// before the correction, and with it one of twenty comparisons has any difference. What
// chance allows on top is three standard deviations, and one for how coarse few are.
func TestEqualsAreEqual(t *testing.T) {
	for _, name := range []string{"gpu-rollout-deadlock", "rollout-cuts-requests"} {
		tests, differ, called := 0, 0, 0
		for k := range *equals {
			out, diagnostics, code := rehearse(t, "compare", galleryFile(name), "--set", "timeline=[]", "--set", "expect=[]",
				"--duration", "40m", "--replications", "6", "--set", fmt.Sprintf("seed=%d", 100+k), "--vs",
				fmt.Sprintf("seed=%d", 50_000+k), "-o", "json")
			require.Equal(t, exitOK, code, diagnostics)
			var c struct {
				Differences []struct {
					P           *float64
					Significant bool
				}
			}
			require.NoError(t, json.Unmarshal([]byte(out), &c))
			any := false
			for _, d := range c.Differences {
				if d.P == nil {
					continue
				}
				tests++
				if *d.P < 0.05 {
					differ++
				}
				any = any || d.Significant
			}
			if any {
				called++
			}
		}
		t.Logf("| %s | %d | %d of %d, %.1f %% | %d, %.1f %% |", name, *equals, differ, tests,
			100*float64(differ)/float64(tests), called, 100*float64(called)/float64(*equals))
		most := func(n int) float64 { return 1 + 0.05*float64(n) + 3*math.Sqrt(float64(n)*0.05*0.95) }
		// Metrics of a comparison go together, so that there are about as many as comparisons.
		assert.LessOrEqual(t, float64(differ)*float64(*equals)/float64(tests), most(*equals), name)
		assert.LessOrEqual(t, float64(called), most(*equals), name)
	}
}
