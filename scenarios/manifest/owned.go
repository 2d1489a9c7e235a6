package manifest

import (
	"fmt"
	"slices"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// dropOwned leaves out pods and ReplicaSets that a controller among the objects
// makes anew.
func (r *reader) dropOwned() {
	declared := map[string]bool{}
	for _, o := range r.set.Objects {
		m, _ := apimeta.Accessor(o.Object)
		declared[o.GetObjectKind().GroupVersionKind().Kind+" "+m.GetNamespace()+"/"+m.GetName()] = true
	}
	kept := r.set.Objects[:0]
	for _, o := range r.set.Objects {
		m, _ := apimeta.Accessor(o.Object)
		kind := o.GetObjectKind().GroupVersionKind().Kind
		owner := metav1.GetControllerOf(m)
		if owner != nil && (declared[owner.Kind+" "+m.GetNamespace()+"/"+owner.Name] || r.ownedInTurn(declared, m, owner)) {
			r.set.Ignored = append(r.set.Ignored, record.Ignored{
				Object: nameOf(kind, m.GetNamespace(), m.GetName()), Source: r.place(o.Source),
				Reason: fmt.Sprintf("its %s %s makes its own", owner.Kind, owner.Name),
			})
			continue
		}
		m.SetOwnerReferences(nil)
		kept = append(kept, o)
	}
	r.set.Objects = kept
}

// ownedInTurn reports whether a pod belongs to a ReplicaSet or Job that is not
// among the objects, but whose Deployment or CronJob is: its name is the owner's
// and the template hash, or the minute of its start.
func (r *reader) ownedInTurn(declared map[string]bool, m metav1.Object, owner *metav1.OwnerReference) bool {
	i := strings.LastIndex(owner.Name, "-")
	return i > 0 && slices.ContainsFunc(r.kinds.Rows(), func(top *kinds.Kind) bool {
		return slices.Contains(top.Makes, owner.Kind) && declared[top.Kind+" "+m.GetNamespace()+"/"+owner.Name[:i]]
	})
}
