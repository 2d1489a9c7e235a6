package nodelifecycle

import (
	"cmp"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	nodeutil "k8s.io/kubernetes/pkg/util/node"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
)

// PodGC removes pods that nobody else would (pkg/controller/podgc).
type PodGC struct {
	threshold int
	// quarantine is when a missing node is looked at again. Upstream's queue
	// keeps what is due until the next Collect.
	quarantine map[string]time.Time
}

// NewPodGC returns a collector that has just started.
func NewPodGC(cfg Config) (*PodGC, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &PodGC{threshold: cfg.TerminatedPodGCThreshold, quarantine: map[string]time.Time{}}, nil
}

// Collect is due every PodGCPeriod. It removes, in this order: pods that are
// over beyond the threshold, terminating pods on nodes that are out of service,
// pods of nodes that are missing since the quarantine, and terminating pods
// without a node. node finds a node, nil for one that is missing. A pod can be
// named twice: upstream's second request finds it gone.
func (g *PodGC) Collect(pods []*v1.Pod, node func(name string) *v1.Node, now time.Time) (actions []Action) {
	remove := func(list []*v1.Pod, reason string, condition *v1.PodCondition) {
		for _, pod := range list {
			actions = append(actions, RemovePod{Pod: pod, Condition: condition, Reason: reason})
		}
	}
	remove(g.terminated(pods), "terminated", nil)
	outOfService := where(pods, func(p *v1.Pod) bool {
		n := node(p.Spec.NodeName)
		return p.DeletionTimestamp != nil && n != nil && !nodeutil.IsNodeReady(n) &&
			taintutils.TaintKeyExists(n.Spec.Taints, v1.TaintNodeOutOfService)
	})
	slices.SortFunc(outOfService, byEvictionAndCreation)
	remove(outOfService, "out-of-service", nil)
	missing := g.missing(pods, node, now)
	remove(where(pods, func(p *v1.Pod) bool { return missing[p.Spec.NodeName] }), "orphaned", &v1.PodCondition{
		Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: "DeletionByPodGC",
		Message: "PodGC: node no longer exists"})
	remove(where(pods, func(p *v1.Pod) bool { return p.DeletionTimestamp != nil && p.Spec.NodeName == "" }), "unscheduled",
		nil)
	return actions
}

func where(pods []*v1.Pod, keep func(*v1.Pod) bool) (list []*v1.Pod) {
	for _, p := range pods {
		if keep(p) {
			list = append(list, p)
		}
	}
	return list
}

// terminated are the pods that are over, beyond the threshold: those that the
// kubelet has evicted first, then the oldest (gcTerminated).
func (g *PodGC) terminated(pods []*v1.Pod) []*v1.Pod {
	if g.threshold <= 0 {
		return nil
	}
	over := where(pods, func(p *v1.Pod) bool {
		return p.Status.Phase != v1.PodPending && p.Status.Phase != v1.PodRunning && p.Status.Phase != v1.PodUnknown
	})
	if len(over) <= g.threshold {
		return nil
	}
	slices.SortFunc(over, byEvictionAndCreation)
	return over[:len(over)-g.threshold]
}

// missing are the nodes that are gone for good (gcOrphaned). A node whose time
// is up is in quarantine anew at once if it is still missing, and one that came
// back stays in it until its time is up: so is upstream's queue.
func (g *PodGC) missing(pods []*v1.Pod, node func(string) *v1.Node, now time.Time) map[string]bool {
	gone := map[string]bool{}
	for name, due := range g.quarantine { // no order shows
		if !due.After(now) {
			delete(g.quarantine, name)
			gone[name] = node(name) == nil
		}
	}
	for _, p := range pods {
		if name := p.Spec.NodeName; name != "" && node(name) == nil {
			if _, known := g.quarantine[name]; !known {
				g.quarantine[name] = now.Add(PodGCQuarantine)
			}
		}
	}
	return gone
}

func byEvictionAndCreation(a, b *v1.Pod) int {
	if x, y := evictedByKubelet(a), evictedByKubelet(b); x != y {
		if x {
			return -1
		}
		return 1
	}
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name),
		strings.Compare(a.Namespace, b.Namespace))
}

// evictedByKubelet is eviction.PodIsEvicted (pkg/kubelet/eviction/helpers.go).
func evictedByKubelet(p *v1.Pod) bool {
	return p.Status.Phase == v1.PodFailed && p.Status.Reason == "Evicted"
}
