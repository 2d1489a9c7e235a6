package wire

import (
	"fmt"
	"time"
)

// Instant is a date and time of the wall clock, of whole seconds.
type Instant time.Time

// Years that a run can begin in. Cron schedules look five years ahead, and
// between 2096 and 2104 there is no leap day.
const firstYear, lastYear = 1970, 2089

func (i *Instant) parse(word string) error {
	t, err := time.Parse(time.RFC3339, word)
	if err != nil || t.Nanosecond() != 0 {
		return fmt.Errorf("must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got %.60q", word)
	}
	if t = t.UTC(); t.Year() < firstYear || t.Year() > lastYear {
		return fmt.Errorf("must be from %d to %d, got %.60q", firstYear, lastYear, word)
	}
	*i = Instant(t)
	return nil
}

func (i *Instant) form() ([]string, string) { return []string{"string"}, "2026-01-05T08:55:00Z" }
