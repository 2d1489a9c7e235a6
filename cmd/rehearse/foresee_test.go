package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A run that is too large is warned of before it begins, and only such a run.
func TestLargeRunsAreForeseen(t *testing.T) {
	file := scenarioFile(t, manyTimes)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // before the run, after the warning
	warned := func(arguments ...string) string {
		_, diagnostics, _ := rehearseWith(ctx, "", append([]string{"run", file}, arguments...)...)
		return diagnostics
	}
	assert.NotContains(t, warned("--replications", "5"), "warning")
	assert.NotContains(t, warned("--replications", "10", "--duration", "24h", "--set", "traffic[0].rate.constant=1000"),
		"warning")
	assert.Contains(t,
		warned("--replications", "10", "--duration", "240h", "--set", "traffic[0].rate.constant=1000"),
		"warning: many is large: 10 × 240h0m0s with up to 2 pods and about 860 million requests each; "+
			"about 2.9 hours of CPU time. --duration, --replications and less traffic make it smaller\n")
	large := warned("--replications", "1", "--nodes", "100xcpu=64,memory=256Gi,pods=250", "--set",
		"Deployment/web:spec.replicas=20000", "--memory-limit", "512Mi")
	assert.Contains(t, large, "warning: many is large: 1 × 5m0s with up to 20000 pods and about 600 requests each; about ")
	assert.Contains(t, large, "Mi of memory, the limit is 512Mi.")
	assert.NotContains(t, warned("--replications", "1", "--nodes", "100xcpu=64,memory=256Gi,pods=250", "--set",
		"Deployment/web:spec.replicas=20000", "--memory-limit", "none"), "of memory")
}

func TestAbout(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 7: "7", 1234: "1234", 1.26e6: "1.3 million", 8.64e8: "860 million",
		2e9: "2 billion", 5e14: "500 trillion"} {
		assert.Equal(t, want, about(n))
	}
	for d, want := range map[time.Duration]string{25 * time.Minute: "25 minutes", 3 * time.Hour: "3 hours",
		240 * time.Hour: "10 days"} {
		assert.Equal(t, want, aboutTime(d))
	}
}
