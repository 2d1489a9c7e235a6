package sched

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	policylisters "k8s.io/client-go/listers/policy/v1"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	plfeature "k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/util"
)

// preemptionName is the name under which profiles run our DefaultPreemption:
// upstream's registry refuses a second plugin of a known name. It shows
// nowhere, messages say "preemption: …".
const preemptionName = "DefaultPreemptionInVirtualTime"

// preemption is upstream's DefaultPreemption with its four random choices
// made once and for all. Each is a choice that upstream could have made.
//
//   - Where the dry run starts (rand.Int31n): rotates, see orderly.
//   - The order of the nodes it goes through (a map; it matters above
//     MinCandidateNodesAbsolute, 100, nodes): by name.
//   - The order of PodDisruptionBudgets (a store's map; it matters for a pod
//     that two of them cover): by namespace and name.
//   - The node among equally good ones (a map): the first by name.
//
// Upstream deletes the victims in a goroutine and keeps the pod out of the queue
// until the last deletion has begun (framework/preemption/executor.go,
// prepareCandidateAsync). Here they are collected at once, the caller deletes
// them, and room.preempting holds the pod.
type preemption struct {
	*defaultpreemption.DefaultPreemption
	room *room
}

func preemptionFactory(room *room) frameworkruntime.PluginFactory {
	return func(ctx context.Context, args runtime.Object, fh fwk.Handle) (fwk.Plugin, error) {
		features := plfeature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate)
		features.EnableAsyncPreemption = false
		pl, err := defaultpreemption.New(ctx, args, fh, features)
		if err != nil {
			return nil, err
		}
		pl.Evaluator.Interface = &orderly{DefaultPreemption: pl}
		pl.Evaluator.PdbLister = sortedPDBs{pl.Evaluator.PdbLister}
		return preemption{pl, room}, nil
	}
}

// Preempted tells the scheduler that the last deletion for a pod has begun, so
// that the end of a victim lets it be tried again.
func (s *Scheduler) Preempted(p *v1.Pod) { s.room.preempting.Delete(p.UID) }

// Name implements fwk.Plugin.
func (preemption) Name() string { return preemptionName }

// PreEnqueue implements fwk.PreEnqueuePlugin.
func (p preemption) PreEnqueue(_ context.Context, pod *v1.Pod) *fwk.Status {
	if p.room.preempting.Has(pod.UID) {
		return fwk.NewStatus(fwk.UnschedulableAndUnresolvable, "waiting for the preemption for this pod to be finished")
	}
	return nil
}

// EventsToRegister implements fwk.EnqueueExtensions: the end of a pod on a node
// may lift the plugin's hold, but is no reason of its own to try again.
func (preemption) EventsToRegister(context.Context) ([]fwk.ClusterEventWithHint, error) {
	skip := func(klog.Logger, *v1.Pod, any, any) (fwk.QueueingHint, error) { return fwk.QueueSkip, nil }
	return []fwk.ClusterEventWithHint{{Event: fwk.ClusterEvent{Resource: fwk.AssignedPod, ActionType: fwk.Delete},
		QueueingHintFn: skip}}, nil
}

// PostFilter implements fwk.PostFilterPlugin.
func (p preemption) PostFilter(ctx context.Context, state fwk.CycleState, pod *v1.Pod, m fwk.NodeToStatusReader) (
	*fwk.PostFilterResult, *fwk.Status) {
	if result, status, known := p.withoutVictims(ctx, pod, m); known {
		return result, status
	}
	if err := p.room.order.restore(p.room.snapshot); err != nil {
		return nil, fwk.AsStatus(err)
	}
	return p.DefaultPreemption.PostFilter(ctx, state, pod, sortedStatuses{m})
}

// usePreemption puts our plugin where a profile has DefaultPreemption.
func usePreemption(p *schedconfig.KubeSchedulerProfile) {
	if p.Plugins != nil {
		for _, set := range []*schedconfig.PluginSet{
			&p.Plugins.MultiPoint, &p.Plugins.PreEnqueue, &p.Plugins.PostFilter, &p.Plugins.PodGroupPostFilter,
		} {
			renamePlugin(set.Enabled)
			renamePlugin(set.Disabled)
		}
	}
	for i := range p.PluginConfig {
		if p.PluginConfig[i].Name == defaultpreemption.Name {
			p.PluginConfig[i].Name = preemptionName
		}
	}
}

func renamePlugin(plugins []schedconfig.Plugin) {
	for i := range plugins {
		if plugins[i].Name == defaultpreemption.Name {
			plugins[i].Name = preemptionName
		}
	}
}

// orderly makes the choices of an Evaluator.
type orderly struct {
	*defaultpreemption.DefaultPreemption
	next int32
}

// GetOffsetAndNumCandidates starts each dry run where the last one would have
// ended, as the search for feasible nodes does.
func (o *orderly) GetOffsetAndNumCandidates(nodes int32) (offset, candidates int32) {
	_, candidates = o.DefaultPreemption.GetOffsetAndNumCandidates(nodes)
	offset = o.next % nodes
	o.next = (offset + candidates) % nodes
	return offset, candidates
}

// OrderedScoreFuncs is the list in preemption.go, pickOneNodeForPreemption,
// with a last one that leaves no tie.
func (o *orderly) OrderedScoreFuncs(_ context.Context, victims map[string]*extenderv1.Victims) []func(
	node string) int64 {
	names := slices.Sorted(maps.Keys(victims))
	rank := make(map[string]int64, len(names))
	for i, name := range names {
		rank[name] = int64(i)
	}
	return []func(string) int64{
		func(n string) int64 { return -victims[n].NumPDBViolations },
		func(n string) int64 { return -int64(corev1helpers.PodPriority(victims[n].Pods[0])) },
		func(n string) int64 {
			var sum int64
			for _, pod := range victims[n].Pods {
				// The offset makes every priority positive, so that more
				// victims of negative priority are not better than fewer.
				sum += int64(corev1helpers.PodPriority(pod)) + int64(math.MaxInt32+1)
			}
			return -sum
		},
		func(n string) int64 { return -int64(len(victims[n].Pods)) },
		func(n string) int64 { return util.GetEarliestPodStartTime(victims[n]).UnixNano() },
		func(n string) int64 { return -rank[n] },
	}
}

type sortedStatuses struct{ fwk.NodeToStatusReader }

func (s sortedStatuses) NodesForStatusCode(l fwk.NodeInfoLister, code fwk.Code) ([]fwk.NodeInfo, error) {
	nodes, err := s.NodeToStatusReader.NodesForStatusCode(l, code)
	// The lister may have returned its own slice.
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b fwk.NodeInfo) int { return cmp.Compare(a.Node().Name, b.Node().Name) })
	return nodes, err
}

type sortedPDBs struct {
	policylisters.PodDisruptionBudgetLister
}

func (s sortedPDBs) List(selector labels.Selector) ([]*policyv1.PodDisruptionBudget, error) {
	pdbs, err := s.PodDisruptionBudgetLister.List(selector)
	slices.SortFunc(pdbs, func(a, b *policyv1.PodDisruptionBudget) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return pdbs, err
}
