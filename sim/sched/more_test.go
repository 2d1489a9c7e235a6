package sched

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
)

// The nodes that are missing are found by trying, and afterwards all is as it was.
func TestMoreNodes(t *testing.T) {
	waiting := func(n int, fields ...any) (pods []*v1.Pod) {
		for i := range n {
			pods = append(pods, pod(fmt.Sprintf("p%d", i), fields...))
		}
		return pods
	}
	for _, test := range []struct {
		name          string
		pods          []*v1.Pod
		like          []*v1.Node
		nodes, placed int
	}{
		{"two pods a node", waiting(5, "cpu", "2"), []*v1.Node{node("a", "cpu", "4")}, 3, 5},
		{"just one too large for it", waiting(1, "cpu", "4001m"), []*v1.Node{node("a", "cpu", "4")}, 0, 0},
		{"just as large as it", waiting(1, "cpu", "4"), []*v1.Node{node("a", "cpu", "4")}, 1, 1},
		{"what fits without more", waiting(1, "cpu", "1"), []*v1.Node{node("a", "cpu", "4")}, 0, 1},
		{"a taint of the kind", waiting(2, "cpu", "2"), []*v1.Node{node("a", "cpu", "4", "taint", "gpu")}, 0, 0},
		{"a taint of this one's life", waiting(2, "cpu", "2"),
			[]*v1.Node{node("a", "cpu", "4", "taint", "node.kubernetes.io/disk-pressure")}, 1, 2},
		{"kinds in turn", waiting(4, "cpu", "2"), []*v1.Node{node("a", "cpu", "2"), node("b", "cpu", "8")}, 2, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.nodes(node("full", "cpu", "1"))
			for range 2 {
				nodes, placed, err := w.More(test.pods, test.like, len(test.pods))
				require.NoError(t, err)
				require.Equal(t, test.nodes, nodes)
				require.Equal(t, test.placed, placed)
			}
			n, _, err := w.Headroom(pod("other", "cpu", "500m"), 10)
			require.NoError(t, err)
			require.Equal(t, 2, n)
		})
	}
}
