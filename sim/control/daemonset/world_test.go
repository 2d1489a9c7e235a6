package daemonset

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// world is a random life of a DaemonSet: its settings, what its user does, and
// what becomes of its nodes and pods. It holds what the API server would.
type world struct {
	t         *testing.T
	r         *rand.Rand
	now       time.Time
	ds        *apps.DaemonSet
	revisions []*apps.ControllerRevision
	pods      []*v1.Pod
	nodes     []*v1.Node
	failures  map[string]Failure
	born      map[string]int // pods by the node they are for
	serial    int
}

func newWorld(t *testing.T, seed uint64, now time.Time) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 5)), now: now, failures: map[string]Failure{}, born: map[string]int{}}
	w.ds = agent()
	w.ds.Spec.UpdateStrategy = w.strategy()
	w.ds.Spec.MinReadySeconds = []int32{0, 0, 1, 7}[w.r.IntN(4)]
	w.ds.Spec.RevisionHistoryLimit = ptr.To([]int32{0, 1, 2, 10}[w.r.IntN(4)])
	if w.r.IntN(2) == 0 {
		w.ds.Annotations = map[string]string{apps.DeprecatedTemplateGeneration: []string{"1", "many"}[min(1, w.r.IntN(8)/7)]}
	}
	if w.r.IntN(3) == 0 {
		w.ds.Spec.Template.Spec.Tolerations = []v1.Toleration{{Key: "gpu", Operator: v1.TolerationOpExists}}
	}
	for range w.r.IntN(9) {
		w.addNode()
	}
	return w
}

// agent is a DaemonSet after the API server's defaulting.
func agent() *apps.DaemonSet {
	labels := map[string]string{"app": "agent"}
	return &apps.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent", Namespace: "default", UID: "ds", Generation: 1},
		Spec: apps.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "v1"}}},
			},
			UpdateStrategy:       rolling(intstr.FromInt32(1), intstr.FromInt32(0)),
			RevisionHistoryLimit: ptr.To[int32](10),
		},
	}
}

func rolling(maxUnavailable, maxSurge intstr.IntOrString) apps.DaemonSetUpdateStrategy {
	return apps.DaemonSetUpdateStrategy{
		Type:          apps.RollingUpdateDaemonSetStrategyType,
		RollingUpdate: &apps.RollingUpdateDaemonSet{MaxUnavailable: &maxUnavailable, MaxSurge: &maxSurge},
	}
}

func (w *world) strategy() apps.DaemonSetUpdateStrategy {
	limit := func() intstr.IntOrString {
		return []intstr.IntOrString{intstr.FromInt32(1), intstr.FromInt32(2), intstr.FromInt32(5), intstr.FromString("25%"),
			intstr.FromString("1%"), intstr.FromString("100%")}[w.r.IntN(6)]
	}
	none := intstr.FromInt32(0)
	switch w.r.IntN(8) {
	case 0:
		return apps.DaemonSetUpdateStrategy{Type: apps.OnDeleteDaemonSetStrategyType}
	case 1:
		return apps.DaemonSetUpdateStrategy{Type: apps.RollingUpdateDaemonSetStrategyType}
	case 2:
		return rolling(none, none)
	case 3, 4, 5:
		return rolling(none, limit())
	}
	return rolling(limit(), none)
}

func (w *world) addNode() {
	w.serial++
	name := fmt.Sprintf("n%d", w.serial)
	w.nodes = append(w.nodes,
		&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name,
			"pool": []string{"a", "b"}[w.r.IntN(2)]}}})
}

func (w *world) pod(name string) *v1.Pod {
	if i := slices.IndexFunc(w.pods, func(p *v1.Pod) bool { return p.Name == name }); i >= 0 {
		return w.pods[i]
	}
	return nil
}

func (w *world) revision(name string) *apps.ControllerRevision {
	if i := slices.IndexFunc(w.revisions, func(r *apps.ControllerRevision) bool { return r.Name == name }); i >= 0 {
		return w.revisions[i]
	}
	return nil
}

// nextName is the name that the API server gives the next pod for a node.
func (w *world) nextName(pod *v1.Pod) string {
	node, err := util.GetTargetNodeName(pod)
	require.NoError(w.t, err)
	return fmt.Sprintf("%s%s-%d", pod.GenerateName, node, w.born[node])
}

// view shows the nodes and pods that upstream has chosen first.
func (w *world) view(nodes, pods map[string]bool) View {
	return View{
		DaemonSet: w.ds, Revisions: w.revisions, Failures: w.failures,
		Nodes: first(w.nodes, nodes), Pods: first(w.pods, pods),
	}
}

func first[T metav1.Object](list []T, chosen map[string]bool) []T {
	var before, after []T
	for _, o := range list {
		if chosen[o.GetName()] {
			before = append(before, o)
		} else {
			after = append(after, o)
		}
	}
	return append(before, after...)
}

// apply carries out a decision.
func (w *world) apply(actions []Action) {
	for _, action := range actions {
		switch a := action.(type) {
		case CreateRevision:
			w.revisions = append(w.revisions, a.Revision)
		case UpdateRevision:
			*w.revision(a.Revision.Name) = *a.Revision
		case DeleteRevision:
			w.revisions = slices.DeleteFunc(slices.Clone(w.revisions), func(r *apps.ControllerRevision) bool {
				return r.Name == a.Revision.Name
			})
		case CreatePods:
			for i, node := range a.Nodes {
				pod := a.Pod(i)
				pod.Name = w.nextName(pod)
				w.born[node]++
				control.AdmitPod(pod, types.UID(pod.Name), w.now)
				w.pods = append(w.pods, pod)
			}
		case DeletePods:
			for _, pod := range a.Pods {
				w.deletePod(pod)
			}
		case UpdateStatus:
			w.ds = w.ds.DeepCopy()
			w.ds.Status = a.Status
		case Remember:
			w.failures[a.Key] = a.Failure
		}
	}
}

// deletePod is graceful for pods on a node.
func (w *world) deletePod(pod *v1.Pod) {
	if pod.Spec.NodeName == "" {
		w.remove(pod)
		return
	}
	w.change(pod, func(pod *v1.Pod) {
		if pod.DeletionTimestamp == nil {
			pod.DeletionTimestamp = ptr.To(metav1.NewTime(w.now.Truncate(time.Second)))
		}
	})
}

func (w *world) remove(pod *v1.Pod) {
	w.pods = slices.DeleteFunc(slices.Clone(w.pods), func(p *v1.Pod) bool { return p.Name == pod.Name })
}

func (w *world) change(pod *v1.Pod, edit func(*v1.Pod)) {
	for i := range w.pods {
		if w.pods[i].Name == pod.Name {
			next := w.pods[i].DeepCopy()
			edit(next)
			w.pods[i] = next
		}
	}
}

// live moves every pod a bit further in its life.
func (w *world) live() {
	for _, pod := range slices.Clone(w.pods) {
		switch fate := w.r.IntN(20); {
		case pod.DeletionTimestamp != nil:
			if fate < 8 {
				w.remove(pod)
			} else if fate < 10 { // held by a finalizer
				w.end(pod, v1.PodFailed)
			}
		case pod.Spec.NodeName == "":
			if node, _ := util.GetTargetNodeName(pod); fate < 16 && w.node(node) != nil {
				w.change(pod, func(pod *v1.Pod) { pod.Spec.NodeName = node; pod.Status.Phase = v1.PodRunning })
			}
		case pod.Status.Phase == v1.PodFailed, pod.Status.Phase == v1.PodSucceeded:
		case fate == 0:
			w.end(pod, v1.PodFailed)
		case fate == 1 && w.r.IntN(3) == 0:
			w.end(pod, v1.PodSucceeded)
		case fate == 2:
			w.ready(pod, v1.ConditionFalse)
		case fate < 14:
			w.ready(pod, v1.ConditionTrue)
		}
	}
}

func (w *world) end(pod *v1.Pod, phase v1.PodPhase) {
	w.ready(pod, v1.ConditionFalse)
	w.change(pod, func(pod *v1.Pod) { pod.Status.Phase = phase })
}

func (w *world) ready(pod *v1.Pod, status v1.ConditionStatus) {
	w.change(pod, func(pod *v1.Pod) {
		if c := pod.Status.Conditions; len(c) > 0 && c[0].Status == status {
			return
		}
		pod.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodReady, Status: status, LastTransitionTime: metav1.NewTime(w.now.Truncate(time.Second))}}
	})
}

func (w *world) node(name string) *v1.Node {
	if i := slices.IndexFunc(w.nodes, func(n *v1.Node) bool { return n.Name == name }); i >= 0 {
		return w.nodes[i]
	}
	return nil
}
