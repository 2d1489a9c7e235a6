package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A fault is about the member of the scenario that its field begins with.
func TestSectionsOfFaults(t *testing.T) {
	for field, want := range map[string]string{
		"":                        "",
		"cluster":                 "cluster",
		"timeline[2].at":          "timeline",
		"workloads[0].cpu.idle":   "workloads",
		"traffics[0].service":     "traffics",
		"cluster_x":               "cluster_x",
		"--set":                   "",
		"metrics[0].labels[a.b]c": "metrics",
	} {
		assert.Equal(t, want, Fault{Error: Error{Field: field}}.Section(), field)
	}
}

// What reading finds is wrong whatever the rest says, but for fields that there
// are not.
func TestKindsOfFaultsOfReading(t *testing.T) {
	f := &Faults{File: "s.yaml"}
	f.Read([]byte("apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\nseed: x\nduratoin: 1h\ntraffic: [{rat: 1}]\n"),
		[]string{"=3"})
	kinds := map[string]FaultKind{}
	for _, fault := range f.List {
		kinds[fault.Field] = fault.Kind
	}
	assert.Equal(t, map[string]FaultKind{"seed": Wrong, "duratoin": Unknown, "traffic[0].rat": Unknown, "--set": Wrong},
		kinds)
}
