package sched

import (
	"cmp"
	"context"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// profile is a scheduling profile whose choice does not depend on the order
// of a map. When PreFilter plugins name the nodes to look at (a node affinity
// on metadata.name, a local volume), upstream collects them from a set
// (schedule_one.go, findNodesThatFitPod) and the first of equally scored
// nodes wins; here the first is the first by name.
type profile struct {
	framework.Framework
	plugins  plugins
	scoring  scoring
	narrowed bool
	class    *podClass  // of the pod that is being scheduled, nil where verdicts don't apply
	fit      []*verdict // on the nodes that its filters let pass, in that order
}

// RunPreFilterPlugins implements framework.Framework.
func (p *profile) RunPreFilterPlugins(ctx context.Context, state fwk.CycleState, pod *v1.Pod) (*fwk.PreFilterResult,
	*fwk.Status, sets.Set[string]) {
	result, status, plugins := p.Framework.RunPreFilterPlugins(ctx, state, pod)
	p.narrowed = !result.AllNodes()
	if p.fit = p.fit[:0]; p.narrowed || !p.plugins.filterNode(state.GetSkipFilterPlugins()) {
		p.class = nil
	}
	return result, status, plugins
}

// RunFilterPluginsWithNominatedPods implements framework.Framework.
func (p *profile) RunFilterPluginsWithNominatedPods(ctx context.Context, state fwk.CycleState, pod *v1.Pod,
	n fwk.NodeInfo) *fwk.Status {
	if p.class == nil {
		return p.Framework.RunFilterPluginsWithNominatedPods(ctx, state, pod, n)
	}
	return p.filter(ctx, state, pod, n)
}

// RunScorePlugins implements framework.Framework.
func (p *profile) RunScorePlugins(ctx context.Context, state fwk.CycleState, pod *v1.Pod, nodes []fwk.NodeInfo) (
	[]fwk.NodePluginScores, *fwk.Status) {
	if p.class != nil {
		if scores, status, ok := p.score(ctx, state, pod, nodes); ok {
			return scores, status
		}
	}
	scores, status := p.Framework.RunScorePlugins(ctx, state, pod, nodes)
	if p.narrowed {
		slices.SortFunc(scores, func(a, b fwk.NodePluginScores) int { return cmp.Compare(a.Name, b.Name) })
	}
	return scores, status
}
