package record

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeys(t *testing.T) {
	k := Key{"ai-agents", "Deployment", "web"}
	require.Equal(t, k, ParseKey("ai-agents/Deployment/web"))
	require.Equal(t, "ai-agents/Deployment/web", k.String())
	require.Equal(t, "Deployment ai-agents/web", k.Object())
	require.Equal(t, k, ParseObject(k.Object()))
	node := Key{Kind: "Node", Name: "a-1"}
	require.Equal(t, "Node a-1", node.Object())
	require.Equal(t, node, ParseObject("Node a-1"))
	require.Equal(t, "web", ShortName("ai-agents/web"))
	for _, other := range []string{"", "web", "ai-agents/web"} {
		require.Equal(t, other, ParseKey(other).Object())
	}
}
