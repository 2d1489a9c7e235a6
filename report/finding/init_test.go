package finding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// An init container decides what a pod requests when it asks for more than all that runs
// later, and not when it asks for just as much.
func TestDecidingInitContainer(t *testing.T) {
	cpu := func(r record.Resources) float64 { return r.CPU }
	c := func(name string, cores float64, sidecar bool) record.Container {
		return record.Container{Name: name, Requests: record.Resources{CPU: cores}, Sidecar: sidecar}
	}
	for _, test := range []struct {
		name        string
		init        []record.Container
		want        string
		asked, runs float64
	}{
		{"none", nil, "", 0, 0},
		{"as much", []record.Container{c("a", 2, false)}, "", 0, 0},
		{"more", []record.Container{c("a", 1, false), c("b", 3, false)}, "b", 3, 2},
		{"beside a sidecar before it", []record.Container{c("s", 1, true), c("a", 3, false)}, "a", 4, 3},
		{"before the sidecar", []record.Container{c("a", 3, false), c("s", 1, true)}, "", 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := record.Workload{Containers: []record.Container{c("x", 1, false), c("y", 1, false)}, InitContainers: test.init}
			name, asked, later := deciding(&w, cpu)
			require.Equal(t, test.want, name)
			require.Equal(t, test.asked, asked)
			require.Equal(t, test.runs, later)
		})
	}
}
