package words

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
)

// Refusal is a refusal in words.
func Refusal(f result.Refusal, r *result.Result) string {
	end := ", none to the end"
	if f.AtEnd == 0 {
		end = fmt.Sprintf(", up to %s until one was taken", Time(f.Longest))
	}
	runs := ""
	if r.Replications > 1 {
		runs = fmt.Sprintf(" in %d of %d replications", f.Replications, r.Replications)
	}
	return fmt.Sprintf("%s refused %s%s, first at %s%s: %s", f.Object, Times(f.Count), runs, Clock(f.First), end,
		f.Message)
}
