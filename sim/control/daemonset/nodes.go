package daemonset

import (
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
)

// NodeConcerns reports whether a new or changed node wakes the DaemonSet
// (daemon_controller.go, updateNode and syncNodeUpdate). old is nil for a new
// node; a node that is deleted wakes nobody. scheduled is whether a pod of the
// DaemonSet is bound to the node.
func NodeConcerns(ds *apps.DaemonSet, old, node *v1.Node, scheduled bool) bool {
	if old != nil && shouldIgnoreNodeUpdate(old, node) {
		return false
	}
	p := newPlacement(ds)
	run, stay := p.nodeShouldRunDaemonPod(node)
	return run && !scheduled || !stay && scheduled || scheduled && ds.Status.NumberMisscheduled > 0
}

// shouldIgnoreNodeUpdate reports whether neither labels nor taints changed.
func shouldIgnoreNodeUpdate(old, node *v1.Node) bool {
	return apiequality.Semantic.DeepEqual(old.Labels, node.Labels) && apiequality.Semantic.DeepEqual(old.Spec.Taints,
		node.Spec.Taints)
}
