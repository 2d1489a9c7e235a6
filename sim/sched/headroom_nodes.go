package sched

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// For most pods whether a copy fits a node depends on that node alone. Then the
// order in which copies are placed, and with it every score, changes neither how
// many fit in the end nor why no more do, and each node is filled by itself.

// nodePlugins are plugins whose Filter looks at the pod and at the node with its
// pods, at nothing else, and passes no node again that once was too full.
var nodePlugins = sets.New(names.NodeName, names.NodeUnschedulable, names.TaintToleration, names.NodeAffinity,
	names.NodePorts, names.NodeResourcesFit, names.NodeDeclaredFeatures)

// clusterPlugins look at the whole cluster, but not for the pods for which their
// PreFilter returns Skip. It does so for all copies of a pod without claims, or
// for none.
var clusterPlugins = sets.New(names.InterPodAffinity, names.PodTopologySpread, names.VolumeRestrictions,
	names.NodeVolumeLimits,
	names.VolumeBinding, names.VolumeZone, names.DynamicResources, names.DeferredPodScheduling)

// scorePlugins decide on scores alone.
var scorePlugins = sets.New(names.NodeResourcesBalancedAllocation, names.ImageLocality, spreadName)

// plugins are what a profile runs to place a pod.
type plugins struct {
	filter, reserve sets.Set[string] // filter with PreFilter's
	known           bool             // each is one of the above
}

func pluginsOf(p *schedconfig.Plugins) plugins {
	scoring := namesOf(p.PreScore, p.Score)
	own := plugins{filter: namesOf(p.PreFilter, p.Filter), reserve: namesOf(p.Reserve)}
	known := nodePlugins.Union(clusterPlugins).Union(scorePlugins)
	own.known = known.IsSuperset(own.filter) && known.IsSuperset(own.reserve) && known.IsSuperset(scoring)
	return own
}

func namesOf(points ...schedconfig.PluginSet) sets.Set[string] {
	all := sets.New[string]()
	for _, point := range points {
		for _, plugin := range point.Enabled {
			all.Insert(plugin.Name)
		}
	}
	return all
}

// nodeAlone reports whether a copied pod fits a node or not whatever copies of it
// other nodes have, given the plugins that its PreFilter skipped.
func (p *plugins) nodeAlone(pod *framework.PodInfo, skipped sets.Set[string]) bool {
	rest := p.filter.Difference(skipped).Difference(nodePlugins)
	if len(pod.RequiredAffinityTerms)+len(pod.RequiredAntiAffinityTerms) == 0 {
		// The pod meets only terms of others, and copies of it add none.
		rest.Delete(names.InterPodAffinity)
	}
	return p.known && rest.Len() == 0 && skipped.IsSuperset(p.reserve) && !claims(pod.Pod)
}

// filterNode reports whether the filters look at the pod and the node alone, given those
// that its PreFilter skipped.
func (p *plugins) filterNode(skipped sets.Set[string]) bool {
	for name := range p.filter {
		if !nodePlugins.Has(name) && !skipped.Has(name) {
			return false
		}
	}
	return true
}

func claims(pod *v1.Pod) bool {
	for i := range pod.Spec.Volumes {
		if pod.Spec.Volumes[i].PersistentVolumeClaim != nil || pod.Spec.Volumes[i].Ephemeral != nil {
			return true
		}
	}
	return false
}

// fillEachNode is fill where each node can be filled by itself, and so without
// placing anything in the snapshot. It returns false where that is not so.
func (s *Scheduler) fillEachNode(p *profile, pod *v1.Pod, max int) (count int, message string, ok bool) {
	info, err := framework.NewPodInfo(headroomCopy(pod, 0))
	if err != nil {
		return 0, "", false
	}
	nodes, err := s.snapshot.NodeInfos().List()
	if err != nil || len(nodes) == 0 {
		return 0, "", false
	}
	a, _ := s.newAttempt(p, &framework.QueuedPodInfo{PodInfo: info})
	narrowed, status, _ := p.RunPreFilterPlugins(a.ctx, a.state, info.Pod)
	if !status.IsSuccess() || !narrowed.AllNodes() || !p.plugins.nodeAlone(info, a.state.GetSkipFilterPlugins()) {
		return 0, "", false
	}
	unfit := &framework.FitError{Pod: info.Pod, NumAllNodes: len(nodes), Diagnosis: framework.Diagnosis{
		NodeToStatus: framework.NewDefaultNodeToStatus()}}
	for _, node := range nodes {
		n, status := a.fillNode(node, max-count)
		if count += n; count == max {
			return max, "", true
		}
		if !status.IsRejected() {
			return 0, "", false
		}
		unfit.Diagnosis.NodeToStatus.Set(node.Node().Name, status)
	}
	return count, unfit.Error(), true
}

// fillNode is how many copies, at most max, a node takes, and why no more.
func (a *attempt) fillNode(node fwk.NodeInfo, max int) (int, *fwk.Status) {
	status := a.profile.RunFilterPluginsWithNominatedPods(a.ctx, a.state, a.info.Pod, node)
	if !status.IsSuccess() {
		return 0, status
	}
	node = node.Snapshot()
	for n := 1; n < max; n++ {
		node.AddPodInfo(a.info.PodInfo)
		status = a.profile.RunFilterPluginsWithNominatedPods(a.ctx, a.state, a.info.Pod, node)
		if !status.IsSuccess() {
			return n, status
		}
	}
	return max, nil
}
