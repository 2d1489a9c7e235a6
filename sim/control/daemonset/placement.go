package daemonset

import (
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	v1helper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
	"k8s.io/kubernetes/pkg/features"
)

// placement is what of a DaemonSet decides on which nodes it runs. It is the
// same for all nodes: parsing the affinity is what the decision costs.
type placement struct {
	nodeName    string
	tolerations []v1.Toleration
	affinity    nodeaffinity.RequiredNodeAffinity
	comparisons bool // the feature gate of Gt and Lt in tolerations
}

func newPlacement(ds *apps.DaemonSet) placement {
	spec := ds.Spec.Template.Spec // a copy: the template stays as it is
	util.AddOrUpdateDaemonPodTolerations(&spec)
	return placement{
		nodeName: spec.NodeName, tolerations: spec.Tolerations,
		affinity:    nodeaffinity.NewRequiredNodeAffinity(spec.NodeSelector, spec.Affinity),
		comparisons: utilfeature.DefaultFeatureGate.Enabled(features.TaintTolerationComparisonOperators),
	}
}

// nodeShouldRunDaemonPod says whether a pod belongs on the node, and whether
// one that is there may stay (daemon_controller.go; tests hold it equal to the
// exported NodeShouldRunDaemonPod, which parses the affinity for every node).
func (p *placement) nodeShouldRunDaemonPod(node *v1.Node) (shouldRun, shouldContinueRunning bool) {
	if p.nodeName != "" && p.nodeName != node.Name {
		return false, false
	}
	if fits, _ := p.affinity.Match(node); !fits { // parsing errors are ignored, as upstream does
		return false, false
	}
	if p.tolerates(node, v1.TaintEffectNoExecute, v1.TaintEffectNoSchedule) {
		return true, true
	}
	return false, p.tolerates(node, v1.TaintEffectNoExecute)
}

func (p *placement) tolerates(node *v1.Node, effects ...v1.TaintEffect) bool {
	if len(node.Spec.Taints) == 0 {
		return true
	}
	_, untolerated := v1helper.FindMatchingUntoleratedTaint(quiet, node.Spec.Taints, p.tolerations,
		func(t *v1.Taint) bool {
			for _, effect := range effects {
				if t.Effect == effect {
					return true
				}
			}
			return false
		}, p.comparisons)
	return !untolerated
}

// DesiredNodes are how many of the nodes should run a pod of the DaemonSet.
func DesiredNodes(ds *apps.DaemonSet, nodes []*v1.Node) (n int) {
	p := newPlacement(ds)
	for _, node := range nodes {
		if run, _ := p.nodeShouldRunDaemonPod(node); run {
			n++
		}
	}
	return n
}

// quiet drops what upstream's helpers log: it goes into events and the status
// where it matters.
var quiet klog.Logger
