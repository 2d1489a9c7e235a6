package apiserver

import (
	"math/rand/v2"

	"k8s.io/apiserver/pkg/storage/names"
)

// Names gives generated names of pods: a prefix and five characters of the API
// server's alphabet (apiserver/pkg/storage/names/generate.go).
type Names struct {
	store     *Store
	namespace string
	random    *rand.Rand
}

// Names go on where an earlier object of the same key has stopped, so that no two
// pods of a run share a name.
func (s *Store) Names(key, namespace string) *Names {
	if s.names[key] == nil {
		s.names[key] = &Names{store: s, namespace: namespace, random: s.Streams.Get("pod-names", key)}
	}
	return s.names[key]
}

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789"

// Next is a name that no pod of the namespace has.
func (n *Names) Next(prefix string) string {
	prefix = prefix[:min(len(prefix), names.MaxGeneratedNameLength)]
	for {
		suffix := make([]byte, 5)
		for i := range suffix {
			suffix[i] = nameAlphabet[n.random.IntN(len(nameAlphabet))]
		}
		if name := prefix + string(suffix); n.store.Pod(n.namespace, name) == nil {
			return name
		}
	}
}
