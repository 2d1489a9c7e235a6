package daemonset

import (
	"fmt"
	"slices"
	"strings"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
	"k8s.io/utils/ptr"
)

// step is one thing that somebody does to the DaemonSet or to the nodes.
func (w *world) step() {
	switch w.r.IntN(14) {
	case 0, 1, 2:
		w.edit(func(ds *apps.DaemonSet) {
			ds.Spec.Template.Spec.Containers[0].Image = []string{"v1", "v2", "v3", "v4"}[w.r.IntN(4)]
		})
	case 3:
		w.edit(func(ds *apps.DaemonSet) { ds.Spec.UpdateStrategy = w.strategy() })
	case 4:
		w.edit(func(ds *apps.DaemonSet) {
			ds.Spec.MinReadySeconds = w.r.Int32N(9)
			ds.Spec.RevisionHistoryLimit = ptr.To(w.r.Int32N(3))
		})
	case 5:
		w.edit(func(ds *apps.DaemonSet) {
			ds.Spec.Template.Spec.NodeSelector = []map[string]string{nil, {"pool": "a"}, {"pool": "b"}}[w.r.IntN(3)]
		})
	case 6:
		if len(w.pods) > 0 { // a pod of somebody else's making, or one that got lost
			w.deletePod(w.pods[w.r.IntN(len(w.pods))])
		}
	case 7:
		w.duplicate()
	default:
		w.changeNodes()
	}
}

// edit is a write of the spec.
func (w *world) edit(change func(*apps.DaemonSet)) {
	w.ds = w.ds.DeepCopy()
	before := text(w.ds.Spec.Template)
	change(w.ds)
	w.ds.Generation++
	if generation, err := util.GetTemplateGeneration(w.ds); err == nil && generation != nil &&
		text(w.ds.Spec.Template) != before {
		w.ds.Annotations[apps.DeprecatedTemplateGeneration] = fmt.Sprint(*generation + 1)
	}
}

// duplicate gives some node a second pod like the one it has, as two
// controllers with old caches may.
func (w *world) duplicate() {
	if len(w.pods) == 0 {
		return
	}
	twin := w.pods[w.r.IntN(len(w.pods))].DeepCopy()
	w.serial++
	twin.Name = fmt.Sprintf("%s-twin%d", strings.TrimSuffix(twin.Name, "-"), w.serial)
	twin.UID = types.UID(twin.Name)
	twin.CreationTimestamp = metav1.NewTime(w.now.Add(time.Duration(w.r.IntN(3)-1) * time.Second).Truncate(time.Second))
	w.pods = append(w.pods, twin)
}

var taints = []v1.Taint{
	{Key: "gpu", Effect: v1.TaintEffectNoSchedule},
	{Key: "gpu", Effect: v1.TaintEffectNoExecute},
	{Key: v1.TaintNodeUnschedulable, Effect: v1.TaintEffectNoSchedule},
	{Key: v1.TaintNodeUnreachable, Effect: v1.TaintEffectNoExecute},
	{Key: "other", Effect: v1.TaintEffectPreferNoSchedule},
	{Key: v1.TaintNodeNetworkUnavailable, Effect: v1.TaintEffectNoSchedule},
}

func (w *world) changeNodes() {
	if len(w.nodes) == 0 || w.r.IntN(3) == 0 && len(w.nodes) < 12 {
		w.addNode()
		return
	}
	i := w.r.IntN(len(w.nodes))
	next := w.nodes[i].DeepCopy()
	switch w.r.IntN(6) {
	case 0:
		w.nodes = slices.Delete(slices.Clone(w.nodes), i, i+1)
		return
	case 1:
		next.Labels["pool"] = []string{"a", "b"}[w.r.IntN(2)]
	case 2, 3:
		next.Spec.Taints = append(next.Spec.Taints, taints[w.r.IntN(len(taints))])
	default:
		next.Spec.Taints = nil
	}
	w.nodes[i] = next
}
