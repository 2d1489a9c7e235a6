package stat

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// p.adjust of R 4.3, method "holm": c(0.01, 0.02, 0.03, 0.04, 0.05).
func TestHolm(t *testing.T) {
	got := Holm([]Value{0.04, 0.01, 0.03, Missing, 0.05, 0.02})
	for i, want := range []float64{0.09, 0.05, 0.09, 0, 0.09, 0.08} {
		if i == 3 {
			assert.False(t, got[i].Known())
			continue
		}
		assert.InDelta(t, want, float64(got[i]), 1e-12, i)
	}
	assert.Equal(t, []Value{1, 1}, Holm([]Value{0.6, 0.9}))
	assert.Empty(t, Holm(nil))
}
