package sched

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/helper"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// byNode are the plugins whose Score looks at the pod and at the node with its pods, at
// nothing else but the number of nodes and of those that have an image; and what their
// NormalizeScore does.
var byNode = map[string]normalizing{
	names.TaintToleration: reversed, names.NodeAffinity: straight, names.NodeResourcesFit: asItIs,
	names.NodeResourcesBalancedAllocation: asItIs, names.ImageLocality: asItIs,
}

const mostByNode = 5

// ofClaims are the plugins that score claims of the pod. When their PreFilter has found
// none it returns Skip, and their score is 0 on each node.
var ofClaims = sets.New(names.VolumeBinding, names.DynamicResources)

// normalizing is nothing, or what helper.DefaultNormalizeScore does.
type normalizing int8

const (
	asItIs normalizing = iota
	straight
	reversed
)

// scorer is a plugin of byNode as a profile has it.
type scorer struct {
	name   string
	weight int64
	normalizing
}

// scoring is what a profile scores by.
type scoring struct {
	byNode []scorer
	spread int64    // the weight of ours, 0 without
	others []string // the rest
	// Used again for each pod: upstream reads the scores before it comes to the next.
	total []fwk.NodePluginScores
	list  fwk.NodeScoreList
}

// room is for the scores of n nodes.
func (s *scoring) room(n int) ([]fwk.NodePluginScores, fwk.NodeScoreList) {
	if cap(s.total) < n {
		s.total, s.list = make([]fwk.NodePluginScores, n), make(fwk.NodeScoreList, n)
	}
	return s.total[:n], s.list[:n]
}

func scoringOf(p *schedconfig.Plugins) (s scoring) {
	for _, enabled := range p.Score.Enabled {
		how, is := byNode[enabled.Name]
		switch {
		case enabled.Name == spreadName:
			s.spread = int64(enabled.Weight)
		case is:
			s.byNode = append(s.byNode, scorer{enabled.Name, int64(enabled.Weight), how})
		default:
			s.others = append(s.others, enabled.Name)
		}
	}
	return s
}

// score is RunScorePlugins by verdicts. It returns false where a plugin scores that
// looks at other nodes, too.
func (p *profile) score(ctx context.Context, state fwk.CycleState, pod *v1.Pod, nodes []fwk.NodeInfo) (
	[]fwk.NodePluginScores, *fwk.Status, bool) {
	skipped := state.GetSkipScorePlugins()
	for _, name := range p.scoring.others {
		if !skipped.Has(name) && !(ofClaims.Has(name) && state.GetSkipFilterPlugins().Has(name)) {
			return nil, nil, false
		}
	}
	var spread *spreading
	if p.scoring.spread > 0 && !skipped.Has(spreadName) {
		if spread = spreadingIn(state); spread == nil {
			return nil, nil, false
		}
	}
	verdicts, status := p.verdicts(ctx, state, pod, nodes)
	if !status.IsSuccess() {
		return nil, status, true
	}
	total, list := p.scoring.room(len(nodes))
	for i, n := range nodes {
		total[i] = fwk.NodePluginScores{Name: n.Node().Name}
	}
	add := func(weight int64) {
		for i := range list {
			total[i].TotalScore += list[i].Score * weight
		}
	}
	at := 0 // of the plugins that are not skipped
	for _, s := range p.scoring.byNode {
		if skipped.Has(s.name) {
			continue
		}
		for i, v := range verdicts {
			list[i].Score = v.raw[at]
		}
		at++
		if s.normalizing != asItIs {
			helper.DefaultNormalizeScore(fwk.MaxNodeScore, s.normalizing == reversed, list)
		}
		add(s.weight)
	}
	if spread != nil {
		for i, v := range verdicts {
			if v.of != spread.of {
				v.of, v.at = spread.of, spread.of.site(nodes[i])
			}
			list[i].Score = spread.score(&v.at)
		}
		fewerFirst(list)
		add(p.scoring.spread)
	}
	return total, nil, true
}

// verdicts are those on nodes that fit, with scores.
func (p *profile) verdicts(ctx context.Context, state fwk.CycleState, pod *v1.Pod, nodes []fwk.NodeInfo) ([]*verdict,
	*fwk.Status) {
	skipped := state.GetSkipScorePlugins()
	defer state.SetSkipScorePlugins(skipped)
	state.SetSkipScorePlugins(skipped.Union(sets.New(p.scoring.others...)).Insert(spreadName))
	for len(p.fit) < len(nodes) {
		p.fit = append(p.fit, nil)
	}
	for i, n := range nodes {
		v := p.fit[i]
		if v == nil || v.node != n || v.generation != n.GetGeneration() {
			v = p.class.on(n)
			p.fit[i] = v
		}
		if v.scored {
			continue
		}
		raw, status := p.Framework.RunRawScorePlugins(ctx, state, pod, n)
		if !status.IsSuccess() {
			return nil, status
		}
		for at, s := range raw {
			v.raw[at] = s.Score
		}
		v.scored = true
	}
	return p.fit[:len(nodes)], nil
}
