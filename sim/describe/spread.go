package describe

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Spreads are the topologySpreadConstraints of a workload's pods whose selector matches
// these pods and those of no other workload. Of the nodes those count that the pods may go
// to by their nodeSelector and affinity, as nodeAffinityPolicy Honor has it.
func Spreads(of Template, templates *Templates, nodes []*v1.Node) (list []record.Spread) {
	required := nodeaffinity.GetRequiredNodeAffinity(&v1.Pod{Spec: *of.Spec})
	for i := range of.Spec.TopologySpreadConstraints {
		c := &of.Spec.TopologySpreadConstraints[i]
		matched := templates.matching(of.Namespace, c.LabelSelector)
		if len(matched) != 1 || matched[0].Key != of.Key {
			continue
		}
		s := record.Spread{Key: c.TopologyKey, MaxSkew: c.MaxSkew, Hard: c.WhenUnsatisfiable == v1.DoNotSchedule,
			ByHash: slices.Contains(c.MatchLabelKeys, appsv1.DefaultDeploymentUniqueLabelKey) ||
				slices.Contains(c.MatchLabelKeys, appsv1.ControllerRevisionHashLabelKey),
			Domains: map[string]string{}}
		for _, n := range nodes {
			fits, err := required.Match(n)
			if domain, has := n.Labels[c.TopologyKey]; has && fits && err == nil {
				s.Domains[n.Name] = domain
			}
		}
		list = append(list, s)
	}
	return list
}
