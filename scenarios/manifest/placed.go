package manifest

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// unplace frees pods that were read from a cluster from nodes that were not: where the
// machines are others, the scheduler places them anew. Static pods are their kubelet's
// and stay with it, read or not.
func (r *reader) unplace() {
	r.set.Objects = slices.DeleteFunc(r.set.Objects, func(o Object) bool {
		p, is := o.Object.(*v1.Pod)
		if !is || p.Spec.NodeName == "" || !r.options.OtherNodes && slices.ContainsFunc(r.set.Nodes, func(n *v1.Node) bool {
			return n.Name == p.Spec.NodeName
		}) {
			return false
		}
		if _, mirror := p.Annotations[v1.MirrorPodAnnotationKey]; mirror {
			r.set.Ignored = append(r.set.Ignored, record.Ignored{
				Object: nameOf("Pod", p.Namespace, p.Name), Source: r.place(o.Source),
				Reason: fmt.Sprintf("a static pod of node %s, which is not among the objects", p.Spec.NodeName),
			})
			return true
		}
		if o.live {
			p.Spec.NodeName = ""
		}
		return false
	})
}
