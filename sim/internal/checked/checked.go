// Package checked runs the tests of the engine's parts with its invariants.
package checked

import (
	"flag"
	"os"
	"testing"

	"github.com/kube-rehearse/rehearse/sim"
)

// Main is TestMain: the engine checks its own state in tests, but not in benchmarks.
func Main(m *testing.M) {
	flag.Parse()
	sim.Invariants = flag.Lookup("test.bench").Value.String() == ""
	os.Exit(m.Run())
}
