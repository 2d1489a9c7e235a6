package sched

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Where a pod goes is found as upstream's SchedulePod finds it with one worker and without
// extenders (schedule_one.go: schedulePod, findNodesThatFitPod, findNodesThatPassFilters,
// prioritizeNodes). It stands here once more for three reasons: what is known of the pod's
// class is looked up by the number of a node, why nodes are no candidates is put together only
// when none is one, and headroom has to go on where the last search ended and back.

// search is what is kept from pod to pod.
type search struct {
	start      int // where in the list of nodes the next one begins (nextStartNodeIndex)
	percentage int32
	numbers    roster
	found      []fwk.NodeInfo
	fit        []*verdict // on those, where the pod has a class
	places     []int32    // their numbers
	totals     []int64
	winners    []int32
}

// choose is the node for a pod. Errors are those of SchedulePod: ErrNoNodesAvailable, a
// FitError, or a plugin's.
func (s *Scheduler) choose(a *attempt) (string, error) {
	nodes, err := s.snapshot.ListNodesInPlacement()
	if err != nil {
		return "", err
	}
	if len(nodes) == 0 {
		return "", scheduler.ErrNoNodesAvailable
	}
	found, diagnosis, err := s.candidates(a, nodes)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", &framework.FitError{Pod: a.info.Pod, NumAllNodes: len(nodes), Diagnosis: diagnosis}
	case len(found) == 1:
		return found[0].Node().Name, nil
	}
	best, err := s.best(a, found)
	if err != nil {
		return "", err
	}
	return found[best].Node().Name, nil
}

// exactly is choose by SchedulePod itself, which does not tell where its next search begins.
func (s *Scheduler) exactly(a *attempt) (string, error) {
	found, err := s.upstream.SchedulePod(a.ctx, a.profile, a.state, a.info)
	processed := found.EvaluatedNodes
	if unfit, is := err.(*framework.FitError); is {
		processed = unfit.Diagnosis.NodeToStatus.Len()
	}
	// A nominated node that fits is taken without a search.
	if nodes := s.snapshot.NumNodesInPlacement(); nodes > 0 &&
		(err != nil || found.SuggestedHost != a.info.Pod.Status.NominatedNodeName) {
		s.search.start = (s.search.start + processed) % nodes
	}
	return found.SuggestedHost, err
}

// candidates is findNodesThatFitPod.
func (s *Scheduler) candidates(a *attempt, all []fwk.NodeInfo) ([]fwk.NodeInfo, framework.Diagnosis, error) {
	d := framework.Diagnosis{NodeToStatus: framework.NewDefaultNodeToStatus()}
	nodes, start, pod := all, s.search.start, a.info.Pod
	key := s.classes.key(pod)
	if s.premised(a, s.classes.of[string(key)]) {
		d.UnschedulablePlugins = sets.New[string]()
	} else {
		narrowed, status, plugins := a.profile.RunPreFilterPlugins(a.ctx, a.state, pod)
		d.UnschedulablePlugins = plugins
		switch {
		case status.IsRejected():
			d.NodeToStatus.SetAbsentNodesStatus(status)
			d.PreFilterMsg = status.Message()
			d.AddPluginStatus(status)
			return nil, d, nil
		case !status.IsSuccess():
			return nil, d, status.AsError()
		}
		if found := s.nominated(a, d); len(found) > 0 {
			return found, d, nil
		}
		if !narrowed.AllNodes() {
			nodes, start = named(all, narrowed.NodeNames), 0
			d.NodeToStatus.SetAbsentNodesStatus(fwk.NewStatus(fwk.UnschedulableAndUnresolvable,
				fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", sets.List(plugins))))
		} else if key != nil && pod.Status.NominatedNodeName == "" &&
			a.profile.plugins.filterNode(a.state.GetSkipFilterPlugins()) {
			a.class = s.classes.class(key, len(all))
		}
	}
	var found []fwk.NodeInfo
	var processed int
	var err error
	if a.class != nil {
		found, processed, err = s.passOfClass(a, nodes, &d)
	} else {
		found, err = s.pass(a, nodes, start, &d)
		processed = len(found) + d.NodeToStatus.Len()
	}
	s.search.start = (s.search.start + processed) % len(all)
	return found, d, err
}

// named are the nodes of these names in the order of their names, in which they are looked at.
// Upstream has a set of them, whose order is by chance (schedule_one.go, findNodesThatFitPod).
func named(all []fwk.NodeInfo, names sets.Set[string]) (nodes []fwk.NodeInfo) {
	for _, n := range all {
		if names.Has(n.Node().Name) {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b fwk.NodeInfo) int { return cmp.Compare(a.Node().Name, b.Node().Name) })
	return nodes
}

// nominated is evaluateNominatedNode: the node that was promised to the pod, if it fits. What
// plugins say otherwise is kept as upstream keeps it, which hands over a copy of d.
func (s *Scheduler) nominated(a *attempt, d framework.Diagnosis) []fwk.NodeInfo {
	n, err := s.snapshot.GetNodeInPlacement(a.info.Pod.Status.NominatedNodeName)
	if err != nil {
		return nil
	}
	found, err := s.pass(a, []fwk.NodeInfo{n}, 0, &d)
	if err != nil {
		return nil
	}
	return found
}

// enough is how many candidates are (numFeasibleNodesToFind).
func (s *Scheduler) enough(p *profile, nodes int) int {
	const fewest, least = 100, 5 // minFeasibleNodesToFind, minFeasibleNodesPercentageToFind
	if !p.HasScorePlugins() {
		return 1
	}
	if nodes < fewest {
		return nodes
	}
	percentage := int(s.search.percentage)
	if own := p.PercentageOfNodesToScore(); own != nil {
		percentage = int(*own)
	}
	if percentage == 0 {
		percentage = max(50-nodes/125, least)
	}
	return max(nodes*percentage/100, fewest)
}

// pass is findNodesThatPassFilters. It ends at the first node that fits and is one too many.
func (s *Scheduler) pass(a *attempt, nodes []fwk.NodeInfo, start int, d *framework.Diagnosis) ([]fwk.NodeInfo, error) {
	enough := s.enough(a.profile, len(nodes))
	found := s.search.found[:0]
	defer func() { s.search.found = found }()
	for i := range nodes {
		n := nodes[(start+i)%len(nodes)]
		if !a.profile.HasFilterPlugins() {
			if i < enough {
				found = append(found, n)
			}
			continue
		}
		status := a.profile.RunFilterPluginsWithNominatedPods(a.ctx, a.state, a.info.Pod, n)
		switch {
		case status.Code() == fwk.Error:
			return found, status.AsError()
		case !status.IsSuccess():
			d.NodeToStatus.Set(n.Node().Name, status)
			d.AddPluginStatus(status)
		case len(found) == enough:
			return found, nil
		default:
			found = append(found, n)
		}
	}
	return found, nil
}

// passOfClass is pass for a pod of a class. d says why nodes are no candidates only when none
// is one, as nobody reads it otherwise. processed is how many nodes were looked at.
func (s *Scheduler) passOfClass(a *attempt, nodes []fwk.NodeInfo, d *framework.Diagnosis) (found []fwk.NodeInfo,
	processed int, err error) {
	enough := s.enough(a.profile, len(nodes))
	numbers := s.search.numbers.of(nodes)
	verdicts := a.class.room(s.search.numbers.most)
	found, fit, places := s.search.found[:0], s.search.fit[:0], s.search.places[:0]
	defer func() { s.search.found, s.search.fit, s.search.places = found, fit, places }()
	at := s.search.start % len(nodes) // there may be fewer than at the last search
	for range nodes {
		n, number := nodes[at].(*framework.NodeInfo), numbers[at]
		v := &verdicts[number]
		if at++; at == len(nodes) {
			at = 0
		}
		switch status := s.filter(a, v, n, number); {
		case status.IsSuccess() && len(found) == enough:
			return found, processed, nil
		case status.IsSuccess():
			found, fit, places = append(found, n), append(fit, v), append(places, number)
		case !status.IsRejected():
			return found, processed, status.AsError()
		}
		processed++
	}
	if len(found) == 0 {
		a.refusal = a.class.refusalOn(nodes)
		for i, n := range nodes {
			a.refusal.set(i, s.filter(a, &verdicts[numbers[i]], n.(*framework.NodeInfo), numbers[i]))
		}
		a.refusal.tell(d)
	}
	return found, processed, nil
}

// filter asks the plugins, or repeats what they said of the node as it is. Pods that are
// nominated to it count there, too, and aren't in its books.
func (s *Scheduler) filter(a *attempt, v *verdict, n *framework.NodeInfo, number int32) *fwk.Status {
	if content := s.search.numbers.contentOf(number, n); v.node != n || v.content != content {
		*v = verdict{node: n, content: content}
	}
	if s.nominations && len(a.profile.NominatedPodsForNode(n.Node().Name)) > 0 {
		return a.profile.RunFilterPluginsWithNominatedPods(a.ctx, a.state, a.info.Pod, n)
	}
	if !v.filtered {
		v.status = a.profile.RunFilterPluginsWithNominatedPods(a.ctx, a.state, a.info.Pod, n)
		v.filtered = v.status.IsSuccess() || v.status.IsRejected()
	}
	return v.status
}

// best is the candidate that prioritizeNodes and the heap of upstream come to.
func (s *Scheduler) best(a *attempt, found []fwk.NodeInfo) (int, error) {
	if !a.profile.HasScorePlugins() {
		return 0, nil
	}
	if status := s.prescore(a, found); !status.IsSuccess() {
		return 0, status.AsError()
	}
	if a.premise == nil {
		s.conclude(a)
	}
	totals, status, known := s.scoresOfClass(a, found)
	if !known {
		var scores []fwk.NodePluginScores
		scores, status = a.profile.RunScorePlugins(a.ctx, a.state, a.info.Pod, found)
		totals = totals[:0]
		for i := range scores {
			totals = append(totals, scores[i].TotalScore)
		}
		s.search.totals = totals
	}
	if !status.IsSuccess() {
		return 0, status.AsError()
	}
	return s.search.highest(totals), nil
}

// highest is the first in a heap of scores (container/heap, Init), which among equals is not
// always the first of the list:
//
//	the best below i  =  i, unless a child's is better; the left child's, unless the right's is better
func (s *search) highest(scores []int64) int {
	if cap(s.winners) < len(scores) {
		s.winners = make([]int32, len(scores))
	}
	best := s.winners[:len(scores)]
	for i := len(scores) - 1; i >= 0; i-- {
		best[i] = int32(i)
		left := 2*i + 1
		if left >= len(scores) {
			continue
		}
		child := best[left]
		if right := left + 1; right < len(scores) && scores[best[right]] > scores[child] {
			child = best[right]
		}
		if scores[child] > scores[i] {
			best[i] = child
		}
	}
	return int(best[0])
}
