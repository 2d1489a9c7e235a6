package build

import (
	"slices"

	v1 "k8s.io/api/core/v1"

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

// assumeRestarts states what of a container's rules of restart is not played: of all
// containers of the pod.
func (b *builder) assumeRestarts(t objects.Template) {
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		if slices.ContainsFunc(c.RestartPolicyRules, func(r v1.ContainerRestartRule) bool {
			return r.Action == v1.ContainerRestartRuleActionRestartAllContainers
		}) {
			b.assumption("%s container %s: its rule RestartAllContainers restarts this container alone", t.Key(), c.Name)
		}
	}
}
