package nodes

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Quantities that would take for ever to write out, or overflow, are refused at
// once; those just within the bounds are read.
func TestQuantitiesThatCannotBeCounted(t *testing.T) {
	for word, want := range map[string]string{
		"500m": "", "16Gi": "", "8": "", "1e18": "", "1E": "", "1e-9": "", "-1": "", "1e-30": "", "0e30": "",
		"9223372036854775807": "",
		"9223372036854775808": `must be a quantity of at most 8Ei, got "9223372036854775808"`,
		"-1e19":               `must be a quantity of at most 8Ei, got "-1e19"`,
		"1e30":                `must be a quantity of at most 8Ei, got "1e30"`,
		"1e31":                `must be a quantity with an exponent from -30 to 30, got "1e31"`,
		"1e-31":               `must be a quantity with an exponent from -30 to 30, got "1e-31"`,
		"1e2147483647":        `must be a quantity with an exponent from -30 to 30, got "1e2147483647"`,
		"1e-2147483647":       `must be a quantity with an exponent from -30 to 30, got "1e-2147483647"`,
		"0E+2147483647":       `must be a quantity with an exponent from -30 to 30, got "0E+2147483647"`,
		"1e99999999999999999": `must be a quantity with an exponent from -30 to 30, got "1e99999999999999999"`,
		"much":                `must be a quantity like 500m, 16Gi or 8, got "much"`,
	} {
		began := time.Now()
		_, err := ParseQuantity(word)
		require.Less(t, time.Since(began), time.Second, word)
		if want == "" {
			assert.NoError(t, err, word)
		} else {
			assert.EqualError(t, err, want, word)
		}
	}
	_, err := ParseQuantity(strings.Repeat("9", 1<<20))
	assert.EqualError(t, err, "must be a quantity of at most 100 characters, got 1048576")
}
