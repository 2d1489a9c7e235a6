package cpu

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAHeapGivesTasksInTheOrderOfTargetThenOfStart(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 300 {
		var h heap
		var held []*Task
		for seq := range uint64(200) {
			task := &Task{seq: seq, target: amount{hi: r.Uint64N(2), lo: r.Uint64N(40)}}
			h.push(task)
			held = append(held, task)
			if r.IntN(2) == 0 {
				k := r.IntN(len(held))
				h.remove(held[k].index)
				held = append(held[:k], held[k+1:]...)
			}
		}
		for len(held) > 0 {
			first := 0
			for k := range held {
				a, b := held[k], held[first]
				if a.target.less(b.target) || a.target == b.target && a.seq < b.seq {
					first = k
				}
			}
			require.Same(t, held[first], h[0].task)
			h.remove(0)
			held = append(held[:first], held[first+1:]...)
		}
		require.Empty(t, h)
	}
}
