package cluster

import (
	"math/rand/v2"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/kubernetes/pkg/apis/scheduling/v1"
)

// admitPriority resolves the pod's PriorityClass as the Priority admission
// plugin does (plugin/pkg/admission/priority/admission.go). Whether a named
// class exists was checked with the manifests.
func (w *World) admitPriority(o *v1.Pod) {
	if o.Spec.Priority != nil && o.Spec.PriorityClassName == "" {
		return
	}
	value, policy := int32(0), v1.PreemptLowerPriority
	name := o.Spec.PriorityClassName
	if name == "" {
		for _, class := range w.priorities {
			// With several global defaults the lowest value wins; which name it
			// has must not depend on the order of the map.
			lower := class.Value < value || (class.Value == value && class.Name < name)
			if class.GlobalDefault && (name == "" || lower) {
				name, value = class.Name, class.Value
			}
		}
	}
	if class, known := w.priorities[name]; known {
		value = class.Value
		if class.PreemptionPolicy != nil {
			policy = *class.PreemptionPolicy
		}
	}
	for _, class := range schedulinghelper.SystemPriorityClasses() {
		if class.Name == name {
			value = class.Value
		}
	}
	o.Spec.PriorityClassName, o.Spec.Priority = name, &value
	if o.Spec.PreemptionPolicy == nil {
		o.Spec.PreemptionPolicy = &policy
	}
}

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
