package build

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

const targetScenario = `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests: [deployment.yaml, service.yaml]
`

// Every target of a step and every list of indexes is taken or has one fault.
func FuzzTargets(f *testing.F) {
	for _, target := range []string{"Deployment/ai-agent", "Pod/x-0", "Pod/x-99999999999999999999", "/", "*", "Node/cpu-0",
		"a/b/c/d"} {
		f.Add(target, "1,3-5")
	}
	for _, indexes := range []string{"0-2147483647", "5-3", ",", "-", "1,,2", "99999999999999999999"} {
		f.Add("Job/x", indexes)
	}
	spec := func(t *testing.T) *builder {
		faults := &wire.Faults{File: "s.yaml"}
		s, _ := faults.Read([]byte(targetScenario), nil)
		b := newBuilder(faults, Source{Path: "s.yaml"}, Options{FS: folder(t, targetScenario)})
		require.True(t, b.passOver())
		b.build(s)
		return b
	}
	f.Fuzz(func(t *testing.T, target, indexes string) {
		b := spec(t)
		before := len(b.List)
		_, err := b.objects.FindPod(target, "ai-agents")
		ranges := b.indexes("workloads[0]", wire.Workload{Target: target, Indexes: indexes})
		for _, r := range ranges {
			require.LessOrEqual(t, r.First, r.Last)
		}
		require.LessOrEqual(t, len(b.List), before+2)
		if err != nil {
			require.False(t, strings.Contains(err.Error(), "\n"))
		}
	})
}
