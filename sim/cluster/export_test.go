package cluster

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// PollAlways lets the monitor of nodes poll from the start to the end, as the
// real one does, instead of only while there is something to see.
func (w *World) PollAlways() { w.lifecycle.always = true }

// Evict evicts the first pod whose name begins so and returns the API server's
// refusal, "" when it goes.
func (w *World) Evict(namespace, prefix string) string {
	for _, p := range w.pods.inOrder() {
		if strings.HasPrefix(p.name(), key(namespace, prefix)) {
			if err := p.evict(); err != nil {
				return err.Error()
			}
			return ""
		}
	}
	return "no such pod"
}

// Counted is how many objects of a resource quotas see in a namespace.
func (w *World) Counted(resource schema.GroupResource, namespace string) int {
	return len(w.list(resource, namespace))
}
