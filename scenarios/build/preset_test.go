package build

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/preset"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
)

func presetSpec(t *testing.T, workload string) (*load.Server, *kubelet.Behaviour, []string) {
	spec, err := read(folder(t, `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests: [deployment.yaml, service.yaml]
workloads:
- {target: Deployment/ai-agent, `+workload+`}
`))
	require.NoError(t, err)
	return &spec.Workloads[0].Server, &spec.Workloads[0].Behaviour, spec.Assumptions
}

// Every preset reads, and serves or says nothing of requests.
func TestPresets(t *testing.T) {
	for _, name := range preset.Names() {
		server, behaviour, _ := presetSpec(t, "preset: "+name)
		require.Equal(t, !strings.HasPrefix(name, "vllm"), server.Program != nil, name)
		require.Positive(t, behaviour.Memory.Base)
	}
}

// Each value of a preset is printed once, with its source or as assumed, but
// what the scenario says itself is not; sources are of values that there are.
func TestPresetsStateEachValue(t *testing.T) {
	for _, name := range preset.Names() {
		values := preset.Leaves(preset.All[name].Read(&wire.Workload{}), "")
		require.NotEmpty(t, values)
		paths := map[string]bool{}
		_, _, stated := presetSpec(t, "preset: "+name+", service: {concurrency: 7, time: 3s}, memory: {base: 77Mi}")
		all := strings.Join(stated, "\n")
		for _, v := range values {
			paths[v.Path] = true
			if v.Path == "service.concurrency" || v.Path == "service.time" || v.Path == "memory.base" {
				require.NotContains(t, all, v.Path, name)
			} else {
				require.Equal(t, 1, strings.Count(all, v.Path+" "+v.Text), "%s: %s", name, v.Path)
			}
			if source := preset.All[name].Sources[v.Path]; source != "" && v.Path != "service.concurrency" &&
				v.Path != "memory.base" {
				require.Contains(t, stated, "preset "+name+": "+v.Path+" "+v.Text+": "+source)
			}
		}
		for path := range preset.All[name].Sources {
			require.True(t, paths[path], "%s: %s", name, path)
		}
	}
	_, _, stated := presetSpec(t, "preset: vllm")
	require.NotContains(t, strings.Join(stated, "\n"), "service.concurrency", "it says nothing of requests")
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
