package plan_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/plan"
)

// world is a grid of settings with a price each, and whether each replication of each
// holds.
type world struct {
	prices []plan.Price
	holds  [][]bool
}

// random is a world in which about a share of the replications fail, and more of them
// in cheap settings when monotone.
func random(r *rand.Rand, settings, replications int, monotone bool) world {
	w := world{prices: make([]plan.Price, settings), holds: make([][]bool, settings)}
	for i := range settings {
		w.prices[i] = plan.Price{USDPerHour: float64(r.IntN(20)), Machines: r.IntN(3), Memory: int64(r.IntN(2))}
		fails := r.Float64()
		if monotone {
			fails = max(0, 1-w.prices[i].USDPerHour/15)
		}
		for range replications {
			w.holds[i] = append(w.holds[i], r.Float64() >= fails)
		}
	}
	return w
}

func (w world) feasible(i int) bool {
	for _, holds := range w.holds[i] {
		if !holds {
			return false
		}
	}
	return true
}

// cheapest is what the whole grid says: -1 for none.
func (w world) cheapest() int {
	best := -1
	for i, p := range w.prices {
		if w.feasible(i) && (best < 0 || less(p, w.prices[best])) {
			best = i
		}
	}
	return best
}

func less(p, q plan.Price) bool {
	if p.USDPerHour != q.USDPerHour {
		return p.USDPerHour < q.USDPerHour
	}
	if p.Machines != q.Machines {
		return p.Machines < q.Machines
	}
	return p.Memory < q.Memory
}

// The search finds what the whole grid does, monotone or not, noisy or not, and spends
// no more than that.
func TestSearchFindsTheGridsBest(t *testing.T) {
	none := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		replications := 1 + r.IntN(6)
		w := random(r, 1+r.IntN(60), replications, seed%2 == 0)
		played := 0
		found, err := plan.Search(w.prices, replications, func(settings []int, n int) ([]plan.Judgement, error) {
			var list []plan.Judgement
			for _, i := range settings {
				played += n
				j := plan.Judgement{Pass: true, Final: n == replications}
				for _, holds := range w.holds[i][:n] {
					j.Pass = j.Pass && holds
				}
				j.Final = j.Final || !j.Pass
				list = append(list, j)
			}
			return list, nil
		})
		require.NoError(t, err)
		require.Equal(t, w.cheapest(), found.Answer, "seed %d", seed)
		assert.Equal(t, played, found.Played)
		if found.Answer < 0 {
			none++
			assert.Len(t, found.Rejected, len(w.prices))
		}
		if found.RunnerUp >= 0 {
			assert.True(t, w.feasible(found.RunnerUp))
			assert.False(t, less(w.prices[found.RunnerUp], w.prices[found.Answer]))
		}
	}
	assert.Positive(t, none, "some spaces have no answer")
}

// A first replication that fails decides nothing about a mean.
func TestSearchDoesNotRejectBeforeItIsFinal(t *testing.T) {
	found, err := plan.Search(make([]plan.Price, 1), 5, func(_ []int, n int) ([]plan.Judgement, error) {
		return []plan.Judgement{{Pass: n == 5, Final: n == 5}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, 0, found.Answer)
	assert.Equal(t, 6, found.Played)
}
