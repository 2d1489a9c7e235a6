package nodes

import (
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// lifecycleTaints are put on and taken off by the node lifecycle controller.
const lifecyclePrefix = "node.kubernetes.io/"

// Import takes a Node as `kubectl get nodes -o yaml` prints it and keeps what a
// simulation needs: name, labels, annotations, taints, cordon, resources and
// images. The lifecycle taints of a node that is Ready go: they are leftovers
// of the moment of printing; a node that is not Ready keeps them.
func Import(o *v1.Node) (*v1.Node, field.ErrorList) {
	status := field.NewPath("status")
	var faults field.ErrorList
	faults = append(faults, negative(status.Child("capacity"), o.Status.Capacity)...)
	faults = append(faults, negative(status.Child("allocatable"), o.Status.Allocatable)...)
	capacity, allocatable := o.Status.Capacity.DeepCopy(), o.Status.Allocatable.DeepCopy()
	if capacity == nil {
		capacity = v1.ResourceList{}
	}
	if allocatable == nil {
		allocatable = v1.ResourceList{}
	}
	for _, name := range slices.Sorted(maps.Keys(allocatable)) {
		q := allocatable[name]
		c, known := capacity[name]
		if !known {
			capacity[name] = q
		} else if c.Cmp(q) < 0 {
			faults = append(faults, field.Invalid(status.Child("allocatable").Key(string(name)), q.String(),
				"must be at most the capacity, "+c.String()))
		}
	}
	for name, q := range capacity {
		if _, known := allocatable[name]; !known {
			allocatable[name] = q
		}
	}
	for _, name := range []v1.ResourceName{v1.ResourceCPU, v1.ResourceMemory} {
		if _, known := capacity[name]; !known {
			faults = append(faults, field.Required(status.Child("capacity").Key(string(name)), "must be given"))
			capacity[name], allocatable[name] = resource.Quantity{}, resource.Quantity{}
		}
	}
	complete(Shape{}, capacity, allocatable)

	isReady := readiness(o)
	n := &v1.Node{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{Name: o.Name, UID: types.UID(o.Name), Labels: maps.Clone(o.Labels),
			Annotations: maps.Clone(o.Annotations)},
		Spec: v1.NodeSpec{Unschedulable: o.Spec.Unschedulable, ProviderID: o.Spec.ProviderID},
		Status: v1.NodeStatus{Capacity: capacity, Allocatable: allocatable, Images: slices.Clone(o.Status.Images),
			Conditions: []v1.NodeCondition{isReady}},
	}
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	if _, known := n.Labels[v1.LabelHostname]; !known {
		n.Labels[v1.LabelHostname] = o.Name
	}
	for _, t := range o.Spec.Taints {
		if isReady.Status == v1.ConditionTrue && strings.HasPrefix(t.Key, lifecyclePrefix) &&
			t.Key != v1.TaintNodeUnschedulable {
			continue
		}
		n.Spec.Taints = append(n.Spec.Taints, v1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect})
	}
	return n, faults
}

// readiness is the node's Ready condition; a manifest without one is a node
// that is to be there, so it is Ready.
func readiness(o *v1.Node) v1.NodeCondition {
	for _, c := range o.Status.Conditions {
		if c.Type == v1.NodeReady {
			return v1.NodeCondition{Type: v1.NodeReady, Status: c.Status, Reason: c.Reason}
		}
	}
	return ready()[0]
}

// poolLabels name the pool of a node, each in its provider's way.
var poolLabels = []string{
	PoolLabel, "eks.amazonaws.com/nodegroup", "karpenter.sh/nodepool", "cloud.google.com/gke-nodepool",
	"kubernetes.azure.com/agentpool", "agentpool", v1.LabelInstanceTypeStable, v1.LabelInstanceType,
}

// PoolOf is the pool that a node belongs to: by its provider's label, else by
// its instance type, else "nodes".
func PoolOf(n *v1.Node) string {
	for _, label := range poolLabels {
		if name := n.Labels[label]; name != "" {
			return name
		}
	}
	return "nodes"
}

// ShapeOf is the instance type of a node, if its label names one of the
// catalogue.
func ShapeOf(n *v1.Node) (Shape, bool) {
	name := n.Labels[v1.LabelInstanceTypeStable]
	if name == "" {
		name = n.Labels[v1.LabelInstanceType]
	}
	if name == "" {
		return Shape{}, false
	}
	s, err := Lookup(name)
	return s, err == nil
}
