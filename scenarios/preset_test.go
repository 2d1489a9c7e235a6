package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
)

func presetSpec(t *testing.T, workload string) (*load.Server, *kubelet.Behaviour, []string) {
	spec, err := Load("s.yaml", Options{FS: folder(`
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests: [deployment.yaml, service.yaml]
workloads:
- {target: Deployment/ai-agent, ` + workload + `}
`)})
	require.NoError(t, err)
	return &spec.Workloads[0].Server, &spec.Workloads[0].Behaviour, spec.Assumptions
}

// Every preset reads, says where it comes from, and serves or says nothing of
// requests.
func TestPresets(t *testing.T) {
	for _, name := range presetNames() {
		server, behaviour, assumptions := presetSpec(t, "preset: "+name)
		require.Equal(t, name != "vllm", server.Program != nil, name)
		require.Positive(t, behaviour.Memory.Base)
		require.Contains(t, assumptions[0], "preset "+name+": ")
	}
}

// What a scenario says goes before the preset, member by member.
func TestScenariosGoBeforePresets(t *testing.T) {
	server, behaviour, _ := presetSpec(t, "preset: fastapi-agent, memory: {base: 1Gi}, service: {concurrency: 5}")
	require.Equal(t, int64(1<<30), behaviour.Memory.Base)
	require.Equal(t, int64(1<<20), behaviour.Memory.PerRequest)
	require.Equal(t, 5, server.Concurrency)
	require.IsType(t, load.Work{}, server.Program[0])

	server, _, _ = presetSpec(t, "preset: rag-worker, service: {steps: [{wait: 1s}]}")
	require.Equal(t, []load.Step{load.Wait{Time: server.Program[0].(load.Wait).Time}}, server.Program)
	require.Equal(t, 16, server.Concurrency)
	require.InDelta(t, 1, server.Program[0].(load.Wait).Time.Mean(), 1e-9)
}
