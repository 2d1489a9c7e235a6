package manifest

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var large = regexp.MustCompile(`[0-9.][eE][+-]?[0-9]{2,}|[0-9]{16}|[0-9][EP]i?\b`)

// The look at a text without the regular expression gives its answers.
func TestMayBeLargeIsLarge(t *testing.T) {
	const characters = "0123456789.eEPi+-x\" "
	both := map[bool]int{}
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 0))
		text := make([]byte, r.IntN(30))
		for i := range text {
			text[i] = characters[r.IntN(len(characters))]
		}
		want := large.Match(text)
		both[want]++
		require.Equal(t, want, mayBeLarge(text), "%q", text)
	}
	assert.Greater(t, both[true], 100)
	assert.Greater(t, both[false], 100)
	assert.True(t, mayBeLarge([]byte(`{"cpu":"1234567890123456"}`)))
}
