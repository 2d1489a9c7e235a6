package control

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlowStartBatches(t *testing.T) {
	for n, want := range map[int][]int{
		-1: nil, 0: nil, 1: {1}, 2: {1, 1}, 3: {1, 2}, 6: {1, 2, 3}, 7: {1, 2, 4}, 200: {1, 2, 4, 8, 16, 32, 64, 73},
	} {
		require.Equal(t, want, SlowStartBatches(n), n)
	}
}
