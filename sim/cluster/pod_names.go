package cluster

import (
	"math/rand/v2"

	appsv1 "k8s.io/api/apps/v1"
)

// podNames gives the names of a ReplicaSet's pods: its own and five characters
// of the API server's alphabet (apiserver/pkg/storage/names/generate.go).
type podNames struct {
	world  *World
	set    *appsv1.ReplicaSet
	random *rand.Rand
}

// podNames goes on where an earlier ReplicaSet of the same name has stopped, so
// that no two pods of a run share a name.
func (w *World) podNames(o *appsv1.ReplicaSet) *podNames {
	k := key(o.Namespace, o.Name)
	if w.nameStreams[k] == nil {
		w.nameStreams[k] = w.streams.Get("pod-names", k)
	}
	return &podNames{world: w, set: o, random: w.nameStreams[k]}
}

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789"

func (n *podNames) next() string {
	for {
		suffix := make([]byte, 5)
		for i := range suffix {
			suffix[i] = nameAlphabet[n.random.IntN(len(nameAlphabet))]
		}
		name := n.set.Name + "-" + string(suffix)
		if _, taken := n.world.pods.get(key(n.set.Namespace, name)); !taken {
			return name
		}
	}
}
