package sim

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets the engine check its own state in tests, but not in benchmarks.
func TestMain(m *testing.M) {
	flag.Parse()
	Invariants = flag.Lookup("test.bench").Value.String() == ""
	os.Exit(m.Run())
}
