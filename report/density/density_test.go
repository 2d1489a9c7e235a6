package density

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
)

func TestDensityCountsTheScarcestResource(t *testing.T) {
	node := result.Amounts{CPU: 4, Memory: 16, GPU: 0, Pods: 10}
	require.Equal(t, 4, podsThatFit(node, result.Amounts{CPU: 1, Memory: 2, Pods: 1}))
	require.Equal(t, 2, podsThatFit(node, result.Amounts{CPU: 1, Memory: 7, Pods: 1}))
	require.Equal(t, 0, podsThatFit(node, result.Amounts{GPU: 1, Pods: 1}))
	require.Equal(t, 10, podsThatFit(node, result.Amounts{Pods: 1}))
}
