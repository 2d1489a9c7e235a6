package cluster

import (
	"math/rand/v2"

	"k8s.io/apiserver/pkg/storage/names"
)

// podNames gives the names of a controller's pods: a prefix and five characters
// of the API server's alphabet (apiserver/pkg/storage/names/generate.go).
type podNames struct {
	world     *World
	namespace string
	random    *rand.Rand
}

// podNames goes on where an earlier controller of the same key has stopped, so
// that no two pods of a run share a name.
func (w *World) podNames(k, namespace string) *podNames {
	if w.nameStreams[k] == nil {
		w.nameStreams[k] = w.streams.Get("pod-names", k)
	}
	return &podNames{world: w, namespace: namespace, random: w.nameStreams[k]}
}

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789"

func (n *podNames) next(prefix string) string {
	prefix = prefix[:min(len(prefix), names.MaxGeneratedNameLength)]
	for {
		suffix := make([]byte, 5)
		for i := range suffix {
			suffix[i] = nameAlphabet[n.random.IntN(len(nameAlphabet))]
		}
		name := prefix + string(suffix)
		if _, taken := n.world.pods.get(key(n.namespace, name)); !taken {
			return name
		}
	}
}
