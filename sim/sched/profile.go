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
	spread   *spreadPlugin // ours, nil without or when it doesn't go by the system's defaults
}

// RunPreFilterPlugins implements framework.Framework.
func (p *profile) RunPreFilterPlugins(ctx context.Context, state fwk.CycleState, pod *v1.Pod) (*fwk.PreFilterResult,
	*fwk.Status, sets.Set[string]) {
	result, status, plugins := p.Framework.RunPreFilterPlugins(ctx, state, pod)
	p.narrowed = !result.AllNodes()
	return result, status, plugins
}

// RunScorePlugins implements framework.Framework.
func (p *profile) RunScorePlugins(ctx context.Context, state fwk.CycleState, pod *v1.Pod, nodes []fwk.NodeInfo) (
	[]fwk.NodePluginScores, *fwk.Status) {
	scores, status := p.Framework.RunScorePlugins(ctx, state, pod, nodes)
	if p.narrowed {
		slices.SortFunc(scores, func(a, b fwk.NodePluginScores) int { return cmp.Compare(a.Name, b.Name) })
	}
	return scores, status
}
