package load

import (
	"flag"
	"os"
	"testing"

	"github.com/kube-rehearse/rehearse/sim"
)

// TestMain lets the engine check its own state in tests, but not in benchmarks.
func TestMain(m *testing.M) {
	flag.Parse()
	sim.Invariants = flag.Lookup("test.bench").Value.String() == ""
	os.Exit(m.Run())
}
