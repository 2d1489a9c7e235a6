package build

import (
	"github.com/kube-rehearse/rehearse/scenarios/objects"
)

// assumePodLevel states what of a pod's own CPU limit is not played: its containers together.
func (b *builder) assumePodLevel(t objects.Template) {
	r := t.Spec.Resources
	if r == nil || r.Limits.Cpu().IsZero() {
		return
	}
	run := len(t.Spec.Containers)
	for _, c := range t.Spec.InitContainers {
		if c.RestartPolicy != nil {
			run++
		}
	}
	if run > 1 {
		b.assumption("%s: the pod's CPU limit of %s holds for each of its %d containers by itself, not for all together",
			t.Key(), r.Limits.Cpu(), run)
	}
}
