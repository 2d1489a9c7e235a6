package job

import (
	"fmt"

	batch "k8s.io/api/batch/v1"
)

// matchSuccessPolicy reports whether the indexes that have succeeded are enough,
// and by which rule (success_policy.go).
func matchSuccessPolicy(policy *batch.SuccessPolicy, completions int32, succeeded orderedIntervals) (string, bool) {
	if policy == nil || len(succeeded) == 0 {
		return "", false
	}
	for i, rule := range policy.Rules {
		met := false
		switch {
		case rule.SucceededIndexes != nil:
			required := parseIndexesFromString(*rule.SucceededIndexes, int(completions))
			met = len(required) > 0 && matchSucceededIndexesRule(required, succeeded, rule.SucceededCount)
		case rule.SucceededCount != nil:
			met = succeeded.total() >= int(*rule.SucceededCount)
		}
		if met {
			return fmt.Sprintf("Matched rules at index %d", i), true
		}
	}
	return "", false
}

func matchSucceededIndexesRule(required, succeeded orderedIntervals, count *int32) bool {
	contains := 0
	for _, r := range required {
		for _, s := range succeeded {
			contains += max(0, min(r.last, s.last)-max(r.first, s.first)+1)
		}
	}
	return contains == required.total() || (count != nil && contains >= int(*count))
}
