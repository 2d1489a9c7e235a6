package apiserver

import (
	"slices"

	v1 "k8s.io/api/core/v1"
)

// TaintsOf are a node's taints as kubectl prints them and records hold them, sorted.
func TaintsOf(o *v1.Node) (list []string) {
	for i := range o.Spec.Taints {
		list = append(list, o.Spec.Taints[i].ToString())
	}
	slices.Sort(list)
	return list
}
