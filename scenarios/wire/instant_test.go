package wire

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInstants(t *testing.T) {
	for word, want := range map[string]string{
		"2026-01-05T08:55:00Z":      "2026-01-05 08:55:00 +0000 UTC",
		"2026-01-05T08:55:00+02:00": "2026-01-05 06:55:00 +0000 UTC",
		"2026-01-05T08:55:00.5Z":    `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got "2026-01-05T08:55:00.5Z"`,
		"2026-01-05":                `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got "2026-01-05"`,
		"9999-01-05T08:55:00Z":      `must be from 1970 to 2089, got "9999-01-05T08:55:00Z"`,
		"":                          `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got ""`,
	} {
		var i Instant
		if err := i.parse(word); err != nil {
			require.EqualError(t, err, want)
			continue
		}
		require.Equal(t, want, time.Time(i).String())
	}
}
