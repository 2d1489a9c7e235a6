package main

import (
	"testing"
)

// BenchmarkSeedScenario is the whole command on the shipped example: 20
// replications of 2 hours, about 2.9 million requests.
func BenchmarkSeedScenario(b *testing.B) {
	for b.Loop() {
		if out, diagnostics, code := rehearseWith(b.Context(), "", "run", galleryFile("ai-agent")); code != exitOK {
			b.Fatal(out, diagnostics)
		}
	}
}
