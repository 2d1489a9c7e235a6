package upstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const scarceGPU = "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."

func TestBinding(t *testing.T) {
	for message, want := range map[string]string{
		scarceGPU: "nvidia.com/gpu, taints",
		"0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.": "memory, cpu",
		"0/3 nodes are available: 3 Too many pods.": "pods per node",
		"0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) didn't match Pod's node affinity/selector. ": "taints, node affinity/selector",
		"0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: none":                                                          "pod anti-affinity",
		"0/1 nodes are available: 1 Insufficient memory, 1 Insufficient memory.":                                                                             "memory",
		"0/1 nodes are available: 1 an out-of-tree plugin, with a comma, said no.":                                                                           "an out-of-tree plugin, with a comma, said no",
		"no nodes available to schedule pods":                                                                                                                "nodes",
		"":                                                                                                                                                   "",
	} {
		require.Equal(t, want, Binding(message), message)
	}
	require.Equal(t, []NodeReason{{1, "Insufficient nvidia.com/gpu"}, {1, "node(s) had untolerated taint(s)"}},
		NodeReasons(scarceGPU))
}

func FuzzBinding(f *testing.F) {
	f.Add(scarceGPU)
	f.Add("0/3 nodes are available: 99999999999999999999 x, 2 y")
	f.Add("0/0 nodes are available: ")
	f.Fuzz(func(t *testing.T, message string) {
		for _, r := range NodeReasons(message) {
			require.NotEmpty(t, r.Reason)
			require.GreaterOrEqual(t, r.Nodes, 0)
		}
		Binding(message)
	})
}
