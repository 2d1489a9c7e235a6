package sched

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Before they look at nodes, plugins find out about the pod: what it requests, which taints it
// tolerates. In PreFilter and PreScore all but three of those that classes know look at its
// spec alone. Of the three, InterPodAffinity looks at pods with affinity on nodes, and there
// are none; PodTopologySpread goes by the system's defaults, which bind nothing; and ours is
// asked for each pod.

// premise is what plugins found out about a pod of a class, for those that follow.
type premise struct {
	state   fwk.CycleState   // without the scores of our spread
	filters sets.Set[string] // skipped, as the state has them
	scores  sets.Set[string]
}

// premised gives the attempt the premise of its class, nil for none, if that holds.
func (s *Scheduler) premised(a *attempt, class *podClass) bool {
	if class == nil || class.premise == nil || a.info.Pod.Status.NominatedNodeName != "" || !s.unaffine() {
		return false
	}
	s.classes.use(class)
	state := class.premise.state.Clone()
	if activate, err := a.state.Read(framework.PodsToActivateKey); err == nil {
		state.Write(framework.PodsToActivateKey, activate)
	}
	state.SetSkipFilterPlugins(class.premise.filters)
	a.class, a.state, a.premise = class, state, class.premise
	return true
}

// conclude keeps what the plugins have found out, when it holds for the class.
func (s *Scheduler) conclude(a *attempt) {
	if a.class == nil || a.profile.spread == nil || !a.profile.plugins.known || !alone(a.info.Pod) || !s.unaffine() {
		return
	}
	p := &premise{state: a.state.Clone(), filters: a.state.GetSkipFilterPlugins(),
		scores: a.state.GetSkipScorePlugins().Clone()}
	p.scores.Delete(spreadName)
	p.state.Delete(spreadName)
	a.class.premise = p
}

// prescore is RunPreScorePlugins by the premise.
func (s *Scheduler) prescore(a *attempt, nodes []fwk.NodeInfo) *fwk.Status {
	if a.premise == nil {
		return a.profile.RunPreScorePlugins(a.ctx, a.state, a.info.Pod, nodes)
	}
	a.state.SetSkipScorePlugins(a.premise.scores)
	all, err := s.snapshot.ListNodesInPlacement()
	if err != nil {
		return fwk.AsStatus(err)
	}
	status := a.profile.spread.prescore(a.state, a.info.Pod, all, nodes, s.search.places)
	if status.IsSkip() {
		a.state.SetSkipScorePlugins(a.premise.scores.Clone().Insert(spreadName))
		return nil
	}
	return status
}

// unaffine reports whether no pod on a node has affinity to pods.
func (s *Scheduler) unaffine() bool {
	list, err := s.snapshot.NodeInfos().HavePodsWithAffinityList()
	return err == nil && len(list) == 0
}

// alone reports whether nothing but the pod's spec says what is found out about it.
func alone(p *v1.Pod) bool {
	a := p.Spec.Affinity
	return (a == nil || a.PodAffinity == nil && a.PodAntiAffinity == nil) && len(p.Spec.TopologySpreadConstraints) == 0 &&
		len(p.Spec.ResourceClaims) == 0 && !claims(p)
}
