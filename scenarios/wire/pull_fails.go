package wire

import (
	"fmt"
	"math"
	"time"
)

// PullFails is until when of the run an image can't be pulled.
type PullFails time.Duration

// Always is for good.
const Always PullFails = math.MaxInt64

func (p *PullFails) parse(word string) error {
	if word == "always" {
		*p = Always
		return nil
	}
	d, err := parseDuration(word)
	if err != nil {
		return fmt.Errorf("must be always or a time like 20m, got %.60q", word)
	}
	*p = PullFails(d)
	return nil
}

func (p *PullFails) form() ([]string, string) { return []string{"string"}, "always" }
