package sched

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	fwk "k8s.io/kube-scheduler/framework"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// room is what the plugins that make room, one a profile, have from the scheduler.
type room struct {
	preempting sets.Set[types.UID] // pods for which victims are being deleted
	order      *order              // of the pods of each node
	snapshot   *internalcache.Snapshot
	exact      bool // by upstream's SchedulePod and dry run always
}

// Victims have a lower priority than the pod that they make room for. When no pod on a node has
// one, what a dry run on all nodes comes to is known before: it finds no victim on those whose
// rejection victims could mend, and leaves out the others (preemption.go: evaluate,
// findCandidates, DryRunPreemption; default_preemption.go: SelectVictimsOnNode).

// withoutVictims is what PostFilter says of a pod when no pod can be its victim; known is false
// when one could, or when upstream says it without a dry run.
func (p preemption) withoutVictims(ctx context.Context, pod *v1.Pod, statuses fwk.NodeToStatusReader) (
	_ *fwk.PostFilterResult, _ *fwk.Status, known bool) {
	nodes := p.room.snapshot.NumNodesInPlacement() // all: placements are of groups of pods
	if p.room.exact || nodes == 0 || p.room.order.below(corev1helpers.PodPriority(pod)) {
		return nil, nil, false
	}
	there, err := p.Evaluator.PodLister.Pods(pod.Namespace).Get(pod.Name)
	if err != nil || there.UID != pod.UID {
		return nil, nil, false
	}
	if able, _ := p.PodEligibleToPreemptOthers(ctx, there, statuses.Get(there.Status.NominatedNodeName)); !able {
		return nil, nil, false
	}
	potential, err := mendable(statuses, p.room.snapshot.NodeInfos())
	if err != nil {
		return nil, nil, false
	}
	if potential > 0 {
		p.Evaluator.GetOffsetAndNumCandidates(int32(potential)) // moves the start of the next dry run
	}
	unfit := framework.FitError{NumAllNodes: nodes}
	unfit.Diagnosis.PreFilterMsg = histogram(map[string]int{
		"No preemption victims found for incoming pod": potential,
		"Preemption is not helpful for scheduling":     nodes - potential,
	})
	return framework.NewPostFilterResultWithNominatedNode(""),
		fwk.NewStatus(fwk.Unschedulable, "preemption: "+unfit.Error()), true
}

// mendable is how many of all nodes reject the pod in a way that victims could mend.
func mendable(statuses fwk.NodeToStatusReader, nodes fwk.NodeInfoLister) (int, error) {
	if r, is := statuses.(*refusal); is {
		return r.potential, nil
	}
	list, err := statuses.NodesForStatusCode(nodes, fwk.Unschedulable)
	return len(list), err
}
