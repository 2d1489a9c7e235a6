package wire

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// What a hook waits for, in the place of a time.
const (
	UntilIdle    = "untilIdle"
	UntilListens = "untilListens"
)

// HookTime is how long a lifecycle hook lasts: a law of seconds, or what it waits for. The
// zero value says nothing.
type HookTime struct {
	distribution.Dist
	Until string
}

func (h *HookTime) parse(word string) error {
	if word == UntilIdle || word == UntilListens {
		*h = HookTime{Until: word}
		return nil
	}
	v, err := parseLaw(word, secondsUnit)
	if err != nil {
		return fmt.Errorf("%w, %s or %s", err, UntilIdle, UntilListens)
	}
	*h = HookTime{Dist: v}
	return nil
}

func (h *HookTime) form() ([]string, string) { return []string{"string"}, "lognormal(20s, 2m)" }
