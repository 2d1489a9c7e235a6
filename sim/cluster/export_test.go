package cluster

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// PollAlways lets the monitor of nodes poll from the start to the end, as the
// real one does, instead of only while there is something to see.
func PollAlways(s *Spec) { s.pollAlways = true }

// Slow lets everything look and tick that does so in a real cluster, instead of only
// when something can differ.
func Slow(s *Spec) { s.slow = true }

// Evict evicts the first pod whose name begins so and returns the API server's
// refusal, "" when it goes.
func (w *World) Evict(namespace, prefix string) string {
	for p := range w.store.Pods() {
		if strings.HasPrefix(p.Key(), kinds.Key(namespace, prefix)) {
			if err := w.controllers.disruption.Evict(p); err != nil {
				return err.Error()
			}
			return ""
		}
	}
	return "no such pod"
}

// Counted is how many objects of a resource quotas see in a namespace.
func (w *World) Counted(resource schema.GroupResource, namespace string) int {
	return w.store.Counted(resource, namespace)
}
