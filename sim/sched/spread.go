package sched

import (
	"context"
	"fmt"
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	appslisters "k8s.io/client-go/listers/apps/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	plfeature "k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/helper"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/podtopologyspread"
)

// spreadName is the name under which profiles run our scores of PodTopologySpread. Its
// Filter stays upstream's.
const spreadName = "PodTopologySpreadByChange"

// The default constraints (podtopologyspread/plugin.go, systemDefaultConstraints).
const (
	hostnameSkew = 3
	zoneSkew     = 5
)

// spreadPlugin scores nodes by the default constraints as upstream's plugin does
// (podtopologyspread/scoring.go), which counts the pods of all nodes for each pod. Here
// the pods of a node are counted by a census, and again when the node has changed. Pods with constraints
// of their own are left to upstream's plugin.
type spreadPlugin struct {
	upstream    *podtopologyspread.PodTopologySpread
	lister      fwk.SharedLister
	services    corelisters.ServiceLister
	controllers corelisters.ReplicationControllerLister
	replicaSets appslisters.ReplicaSetLister
	statefulSet appslisters.StatefulSetLister
	defaults    bool // the constraints are the system's
	census      census
	tallies     map[string]*tally
	numbers     *roster
	places      []place          // by number
	zones       map[string]int32 // a number for each
	// selectors are those of pods by namespace, labels and owner; nil where nobody tells of
	// changes of what has selectors.
	selectors map[string]labels.Selector
}

// place is where a node is, as long as its object is the same.
type place struct {
	node          *v1.Node
	hosted, zoned bool // it has the label
	zone          int32
}

// tally is how many pods that a selector matches are on each node.
type tally struct {
	census    *census
	namespace string
	selector  labels.Selector
	nodes     []counted          // by number
	matches   map[*labelled]bool // what the selector says of labels
}

// counted is how many there were on a node when it was of that generation.
type counted struct {
	info       *framework.NodeInfo
	generation int64
	pods       int64
}

// mostTallies bounds what is kept of selectors that may not come again.
const mostTallies = 4096

// mostMatches bounds what a tally keeps of labels that may not come again.
const mostMatches = 1024

func newSpread(ctx context.Context, args runtime.Object, h fwk.Handle) (fwk.Plugin, error) {
	made, err := podtopologyspread.New(ctx, args, h,
		plfeature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate))
	if err != nil {
		return nil, err
	}
	core, apps := h.SharedInformerFactory().Core().V1(), h.SharedInformerFactory().Apps().V1()
	return &spreadPlugin{
		upstream: made.(*podtopologyspread.PodTopologySpread), lister: h.SnapshotSharedLister(),
		services: core.Services().Lister(), controllers: core.ReplicationControllers().Lister(),
		replicaSets: apps.ReplicaSets().Lister(), statefulSet: apps.StatefulSets().Lister(),
		defaults: args.(*schedconfig.PodTopologySpreadArgs).DefaultingType == schedconfig.SystemDefaulting,
		census:   newCensus(), tallies: map[string]*tally{}, numbers: &roster{}, zones: map[string]int32{},
	}, nil
}

// Name implements fwk.Plugin.
func (*spreadPlugin) Name() string { return spreadName }

// SignPod implements fwk.SignPlugin.
func (s *spreadPlugin) SignPod(ctx context.Context, pod *v1.Pod) ([]fwk.SignFragment, *fwk.Status) {
	return s.upstream.SignPod(ctx, pod)
}

// spreading is what PreScore finds out for Score; Clone shares it.
type spreading struct {
	by                         *spreadPlugin
	of                         *tally
	zones                      []zoneOf // by number
	hostnameWeight, zoneWeight float64
}

// zoneOf is a zone, the candidates in mind.
type zoneOf struct {
	pods  int64
	of    bool // a candidate is there
	shown bool // and has it as a label, so that its pods count
}

// Clone implements fwk.StateData.
func (s *spreading) Clone() fwk.StateData { return s }

// PreScore implements fwk.PreScorePlugin.
func (s *spreadPlugin) PreScore(ctx context.Context, state fwk.CycleState, pod *v1.Pod,
	candidates []fwk.NodeInfo) *fwk.Status {
	if !s.defaults || len(pod.Spec.TopologySpreadConstraints) > 0 {
		return s.upstream.PreScore(ctx, state, pod, candidates)
	}
	nodes, err := s.lister.NodeInfos().List()
	if err != nil {
		return fwk.AsStatus(fmt.Errorf("getting all nodes: %w", err))
	}
	s.numbers.of(nodes)
	numbers := make([]int32, len(candidates))
	for i, n := range candidates {
		numbers[i] = s.numbers.known[n]
	}
	return s.prescore(state, pod, nodes, candidates, numbers)
}

// prescore counts pods for a pod without constraints of its own. numbers are those of the
// candidates.
func (s *spreadPlugin) prescore(state fwk.CycleState, pod *v1.Pod, nodes, candidates []fwk.NodeInfo,
	numbers []int32) *fwk.Status {
	if len(s.census.nodes) > 2*len(nodes)+100 {
		s.census, s.tallies = newCensus(), map[string]*tally{} // most of these nodes are gone
	}
	selector := s.selector(pod)
	if len(nodes) == 0 || selector.Empty() {
		return fwk.NewStatus(fwk.Skip)
	}
	found := &spreading{by: s, of: s.tally(pod.Namespace, selector)}
	zones, shown := 0, false
	for i, n := range candidates {
		p := s.place(n.(*framework.NodeInfo), numbers[i])
		z := found.zone(p.zone)
		if !z.of {
			z.of = true
			zones++
		}
		z.shown = z.shown || p.zoned
		shown = shown || p.zoned
	}
	found.hostnameWeight = math.Log(float64(len(candidates) + 2))
	found.zoneWeight = math.Log(float64(zones + 2))
	if shown {
		found.count(pod, nodes, s.numbers.of(nodes))
	}
	state.Write(spreadName, found)
	return nil
}

// count counts the pods in the zones that candidates show.
func (s *spreading) count(pod *v1.Pod, nodes []fwk.NodeInfo, numbers []int32) {
	affinity := nodeaffinity.GetRequiredNodeAffinity(pod)
	for i, n := range nodes {
		info := n.(*framework.NodeInfo)
		if z := s.zone(s.by.place(info, numbers[i]).zone); z.shown {
			if match, _ := affinity.Match(n.Node()); match {
				z.pods += s.of.on(info, numbers[i])
			}
		}
	}
}

func (s *spreading) zone(number int32) *zoneOf {
	for int(number) >= len(s.zones) {
		s.zones = append(s.zones, zoneOf{})
	}
	return &s.zones[number]
}

// place is where a node is.
func (s *spreadPlugin) place(n *framework.NodeInfo, number int32) *place {
	for int(number) >= len(s.places) {
		s.places = append(s.places, place{})
	}
	p := &s.places[number]
	if node := n.Node(); p.node != node {
		*p = place{node: node}
		_, p.hosted = node.Labels[v1.LabelHostname]
		var zone string
		zone, p.zoned = node.Labels[v1.LabelTopologyZone]
		id, known := s.zones[zone]
		if !known {
			id = int32(len(s.zones))
			s.zones[zone] = id
		}
		p.zone = id
	}
	return p
}

// selector is what the pods have in common that the pod is spread among.
func (s *spreadPlugin) selector(pod *v1.Pod) labels.Selector {
	find := func() labels.Selector {
		return helper.DefaultSelector(pod, s.services, s.controllers, s.replicaSets, s.statefulSet)
	}
	if s.selectors == nil {
		return find()
	}
	key := pod.Namespace + "/" + labels.Set(pod.Labels).String()
	if owner := metav1.GetControllerOfNoCopy(pod); owner != nil {
		key += "/" + owner.APIVersion + "/" + owner.Kind + "/" + owner.Name
	}
	selector, known := s.selectors[key]
	if !known {
		if len(s.selectors) >= mostTallies {
			clear(s.selectors)
		}
		selector = find()
		s.selectors[key] = selector
	}
	return selector
}

// changed notes that something may select pods in another way. Nodes and budgets, which
// change often, don't.
func (s *spreadPlugin) changed(o runtime.Object) {
	switch o.(type) {
	case *v1.Node, *policyv1.PodDisruptionBudget:
	default:
		clear(s.selectors)
	}
}

// Score implements fwk.ScorePlugin.
func (s *spreadPlugin) Score(ctx context.Context, state fwk.CycleState, pod *v1.Pod, n fwk.NodeInfo) (int64,
	*fwk.Status) {
	found := spreadingIn(state)
	if found == nil {
		return s.upstream.Score(ctx, state, pod, n)
	}
	return found.score(n.(*framework.NodeInfo), s.numbers.known[n]), nil
}

// spreadingIn is what PreScore has found out, nil where it left the pod to upstream's.
func spreadingIn(state fwk.CycleState) *spreading {
	data, err := state.Read(spreadName)
	if err != nil {
		return nil
	}
	return data.(*spreading)
}

// score is that of a node of a number.
func (s *spreading) score(n *framework.NodeInfo, number int32) int64 {
	p, score := s.by.place(n, number), 0.0
	if p.hosted {
		score += float64(s.of.on(n, number))*s.hostnameWeight + hostnameSkew - 1
	}
	if p.zoned {
		score += float64(s.zone(p.zone).pods)*s.zoneWeight + zoneSkew - 1
	}
	return int64(math.Round(score))
}

// ScoreExtensions implements fwk.ScorePlugin.
func (s *spreadPlugin) ScoreExtensions() fwk.ScoreExtensions { return s }

// NormalizeScore implements fwk.ScoreExtensions.
func (s *spreadPlugin) NormalizeScore(ctx context.Context, state fwk.CycleState, pod *v1.Pod,
	scores fwk.NodeScoreList) *fwk.Status {
	if spreadingIn(state) == nil {
		return s.upstream.NormalizeScore(ctx, state, pod, scores)
	}
	fewerFirst(scores)
	return nil
}

// fewerFirst turns numbers of pods into scores.
func fewerFirst(scores fwk.NodeScoreList) {
	fewest, most := int64(math.MaxInt64), int64(0)
	for _, score := range scores {
		fewest, most = min(fewest, score.Score), max(most, score.Score)
	}
	for i := range scores {
		if most == 0 {
			scores[i].Score = fwk.MaxNodeScore
		} else {
			scores[i].Score = fwk.MaxNodeScore * (most + fewest - scores[i].Score) / most
		}
	}
}

// tally is that of a selector in a namespace.
func (s *spreadPlugin) tally(namespace string, selector labels.Selector) *tally {
	key := namespace + "/" + selector.String()
	if t := s.tallies[key]; t != nil {
		return t
	}
	if len(s.tallies) >= mostTallies {
		clear(s.tallies)
	}
	t := &tally{census: &s.census, namespace: namespace, selector: selector,
		matches: map[*labelled]bool{}}
	s.tallies[key] = t
	return t
}

// on is how many pods of a node count (podtopologyspread/common.go,
// countPodsMatchSelector). Whatever changes a node gives it another generation.
func (t *tally) on(n *framework.NodeInfo, number int32) int64 {
	if missing := int(number) + 1 - len(t.nodes); missing > 0 {
		t.nodes = append(t.nodes, make([]counted, missing)...)
	}
	c := &t.nodes[number]
	if c.info == n && c.generation == n.Generation {
		return c.pods
	}
	*c = counted{info: n, generation: n.Generation}
	for _, r := range t.census.of(n).counts {
		if t.match(r.of) {
			c.pods += r.pods
		}
	}
	return c.pods
}

func (t *tally) match(of *labelled) bool {
	match, known := t.matches[of]
	if !known {
		if len(t.matches) >= mostMatches {
			clear(t.matches)
		}
		match = of.namespace == t.namespace && t.selector.Matches(of.labels)
		t.matches[of] = match
	}
	return match
}

// useSpread lets a profile score by our plugin where it scores by upstream's as one of
// all extension points, which is the default.
func useSpread(p *schedconfig.KubeSchedulerProfile) {
	if p.Plugins == nil {
		return
	}
	preScore, score := &p.Plugins.PreScore, &p.Plugins.Score
	for _, set := range []*schedconfig.PluginSet{preScore, score} {
		if slices.ContainsFunc(slices.Concat(set.Enabled, set.Disabled), func(e schedconfig.Plugin) bool {
			return e.Name == podtopologyspread.Name || e.Name == "*"
		}) {
			return
		}
	}
	for _, e := range p.Plugins.MultiPoint.Enabled {
		for _, c := range p.PluginConfig {
			if e.Name == podtopologyspread.Name && c.Name == podtopologyspread.Name {
				for _, set := range []*schedconfig.PluginSet{preScore, score} {
					set.Disabled = append(set.Disabled, schedconfig.Plugin{Name: podtopologyspread.Name})
					set.Enabled = append(set.Enabled, schedconfig.Plugin{Name: spreadName, Weight: e.Weight})
				}
				p.PluginConfig = append(p.PluginConfig, schedconfig.PluginConfig{Name: spreadName, Args: c.Args})
				return
			}
		}
	}
}
