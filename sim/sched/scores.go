package sched

import (
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
	spread int64             // the weight of ours, 0 without
	others []string          // the rest
	apart  sets.Set[string]  // those and ours, whose scores are no node's alone
	list   fwk.NodeScoreList // used again for each pod
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
	s.apart = sets.New(s.others...).Insert(spreadName)
	return s
}

// scoresOfClass is RunScorePlugins by verdicts: the total of each node. It returns false where
// the pod has no class or a plugin scores that looks at other nodes, too.
func (s *Scheduler) scoresOfClass(a *attempt, nodes []fwk.NodeInfo) (totals []int64, status *fwk.Status, known bool) {
	totals = s.search.totals[:0]
	spread, known := a.scorable()
	if !known {
		return totals, nil, false
	}
	fit := s.search.fit
	if status := a.score(fit); !status.IsSuccess() {
		return totals, status, true
	}
	scoring, skipped := &a.profile.scoring, a.state.GetSkipScorePlugins()
	totals = append(totals, make([]int64, len(nodes))...)
	s.search.totals = totals
	at := 0 // of the plugins that are not skipped
	for _, by := range scoring.byNode {
		if skipped.Has(by.name) {
			continue
		}
		if by.normalizing == asItIs {
			for i, v := range fit {
				totals[i] += v.raw[at] * by.weight
			}
		} else {
			list := scoring.room(len(nodes))
			for i, v := range fit {
				list[i].Score = v.raw[at]
			}
			helper.DefaultNormalizeScore(fwk.MaxNodeScore, by.normalizing == reversed, list)
			add(totals, list, by.weight)
		}
		at++
	}
	if spread != nil {
		list := scoring.room(len(nodes))
		for i, v := range fit {
			list[i].Score = spread.score(v.node, s.search.places[i])
		}
		fewerFirst(list)
		add(totals, list, scoring.spread)
	}
	return totals, nil, true
}

func add(totals []int64, list fwk.NodeScoreList, weight int64) {
	for i := range list {
		totals[i] += list[i].Score * weight
	}
}

// room is for the scores of n nodes.
func (s *scoring) room(n int) fwk.NodeScoreList {
	if cap(s.list) < n {
		s.list = make(fwk.NodeScoreList, n)
	}
	return s.list[:n]
}

// scorable reports whether verdicts are all that the pod's scores need, but for our spread.
func (a *attempt) scorable() (*spreading, bool) {
	if a.class == nil {
		return nil, false
	}
	skipped := a.state.GetSkipScorePlugins()
	for _, name := range a.profile.scoring.others {
		if !skipped.Has(name) && !(ofClaims.Has(name) && a.state.GetSkipFilterPlugins().Has(name)) {
			return nil, false
		}
	}
	if a.profile.scoring.spread == 0 || skipped.Has(spreadName) {
		return nil, true
	}
	spread := spreadingIn(a.state)
	return spread, spread != nil
}

// score asks for the scores that verdicts lack.
func (a *attempt) score(fit []*verdict) *fwk.Status {
	skipped := a.state.GetSkipScorePlugins()
	told := false
	for _, v := range fit {
		if v.scored {
			continue
		}
		if !told {
			told = true
			a.state.SetSkipScorePlugins(skipped.Union(a.profile.scoring.apart))
			defer a.state.SetSkipScorePlugins(skipped)
		}
		raw, status := a.profile.RunRawScorePlugins(a.ctx, a.state, a.info.Pod, v.node)
		if !status.IsSuccess() {
			return status
		}
		for at, s := range raw {
			v.raw[at] = s.Score
		}
		v.scored = true
	}
	return nil
}
