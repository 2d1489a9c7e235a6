package sched

import (
	"context"
	"fmt"
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	appslisters "k8s.io/client-go/listers/apps/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
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
// the pods of a node are counted again when the node has changed. Pods with constraints
// of their own are left to upstream's plugin.
type spreadPlugin struct {
	upstream    *podtopologyspread.PodTopologySpread
	lister      fwk.SharedLister
	services    corelisters.ServiceLister
	controllers corelisters.ReplicationControllerLister
	replicaSets appslisters.ReplicaSetLister
	statefulSet appslisters.StatefulSetLister
	defaults    bool // the constraints are the system's
	tallies     map[string]*tally
}

// tally is how many pods that a selector matches are on each node.
type tally struct {
	namespace string
	selector  labels.Selector
	nodes     map[string]counted
}

// counted is how many there were on a node when it was of that generation.
type counted struct {
	generation int64
	pods       int64
}

// mostTallies bounds what is kept of selectors that may not come again.
const mostTallies = 4096

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
		tallies:  map[string]*tally{},
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
	of                         *tally
	zones                      map[string]*candidateZone
	hostnameWeight, zoneWeight float64
}

// candidateZone is one among the candidates.
type candidateZone struct {
	pods  int64
	shown bool // a candidate has it as a label, so that its pods count
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
	selector := helper.DefaultSelector(pod, s.services, s.controllers, s.replicaSets, s.statefulSet)
	if len(nodes) == 0 || selector.Empty() {
		return fwk.NewStatus(fwk.Skip)
	}
	found := &spreading{of: s.tally(pod.Namespace, selector), zones: map[string]*candidateZone{}}
	shown := false
	for _, n := range candidates {
		value, has := n.Node().Labels[v1.LabelTopologyZone]
		if found.zones[value] == nil {
			found.zones[value] = &candidateZone{}
		}
		found.zones[value].shown = found.zones[value].shown || has
		shown = shown || has
	}
	found.hostnameWeight = math.Log(float64(len(candidates) + 2))
	found.zoneWeight = math.Log(float64(len(found.zones) + 2))
	affinity := nodeaffinity.GetRequiredNodeAffinity(pod)
	for _, n := range nodes {
		if !shown {
			break
		}
		if z := found.zones[n.Node().Labels[v1.LabelTopologyZone]]; z != nil && z.shown {
			if match, _ := affinity.Match(n.Node()); match {
				z.pods += found.of.on(n)
			}
		}
	}
	state.Write(spreadName, found)
	return nil
}

// Score implements fwk.ScorePlugin.
func (s *spreadPlugin) Score(ctx context.Context, state fwk.CycleState, pod *v1.Pod, n fwk.NodeInfo) (int64,
	*fwk.Status) {
	data, err := state.Read(spreadName)
	if err != nil {
		return s.upstream.Score(ctx, state, pod, n)
	}
	found, score := data.(*spreading), 0.0
	if _, has := n.Node().Labels[v1.LabelHostname]; has {
		score += float64(found.of.on(n))*found.hostnameWeight + hostnameSkew - 1
	}
	if value, has := n.Node().Labels[v1.LabelTopologyZone]; has {
		score += float64(found.zones[value].pods)*found.zoneWeight + zoneSkew - 1
	}
	return int64(math.Round(score)), nil
}

// ScoreExtensions implements fwk.ScorePlugin.
func (s *spreadPlugin) ScoreExtensions() fwk.ScoreExtensions { return s }

// NormalizeScore implements fwk.ScoreExtensions: the fewer pods the better.
func (s *spreadPlugin) NormalizeScore(ctx context.Context, state fwk.CycleState, pod *v1.Pod,
	scores fwk.NodeScoreList) *fwk.Status {
	if _, err := state.Read(spreadName); err != nil {
		return s.upstream.NormalizeScore(ctx, state, pod, scores)
	}
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
	return nil
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
	t := &tally{namespace: namespace, selector: selector, nodes: map[string]counted{}}
	s.tallies[key] = t
	return t
}

// on is how many pods of a node count (podtopologyspread/common.go,
// countPodsMatchSelector). Whatever changes a node gives it another generation.
func (t *tally) on(n fwk.NodeInfo) int64 {
	name, generation := n.Node().Name, n.GetGeneration()
	c, known := t.nodes[name]
	if known && c.generation == generation {
		return c.pods
	}
	c = counted{generation: generation}
	for _, info := range n.GetPods() {
		p := info.GetPod()
		if p.DeletionTimestamp == nil && p.Namespace == t.namespace && t.selector.Matches(labels.Set(p.Labels)) {
			c.pods++
		}
	}
	t.nodes[name] = c
	return c.pods
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
