package daemonset

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/daemon"
)

var noon = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// quietWorld is a world with a DaemonSet and so many nodes.
func quietWorld(t *testing.T, ds *apps.DaemonSet, nodes int) *world {
	w := newWorld(t, 1, noon)
	w.ds, w.nodes = ds, nil
	for range nodes {
		w.addNode()
	}
	return w
}

func decide(t *testing.T, w *world) []Action {
	t.Helper()
	actions, err := Sync(w.view(nil, nil), w.now)
	require.NoError(t, err)
	return actions
}

func created(actions []Action) (nodes []string) {
	for _, a := range actions {
		if a, is := a.(CreatePods); is {
			nodes = append(nodes, a.Nodes...)
		}
	}
	return nodes
}

func deleted(actions []Action) (names []string) {
	for _, a := range actions {
		if a, is := a.(DeletePods); is {
			for _, pod := range a.Pods {
				names = append(names, pod.Name)
			}
		}
	}
	return names
}

// makeReady lets all pods that aren't under deletion run, and those that are go.
func (w *world) makeReady() {
	for _, pod := range w.pods {
		if pod.DeletionTimestamp != nil {
			w.remove(pod)
			continue
		}
		w.change(pod, func(pod *v1.Pod) {
			pod.Spec.NodeName = pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.
				NodeSelectorTerms[0].MatchFields[0].Values[0]
			pod.Status.Phase = v1.PodRunning
		})
		w.ready(pod, v1.ConditionTrue)
	}
}

// TestNoMoreThanABurstASync: 600 nodes take three syncs, as upstream's.
func TestNoMoreThanABurstASync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := quietWorld(t, agent(), 600)
		u := newUpstream(t, w)
		for _, want := range []int{250, 250, 100, 0} {
			w.now = time.Now()
			u.sync()
			actions, err := Sync(w.view(u.chosen, u.deleted), w.now)
			require.NoError(t, err)
			require.Len(t, created(actions), want)
			require.Equal(t, canonical(u.log), canonical(w.ours(actions)))
			w.apply(actions)
		}
		w.nodes = nil // all pods are for nodes that are gone
		u.sync()
		actions, err := Sync(w.view(u.chosen, u.deleted), w.now)
		require.NoError(t, err)
		require.Len(t, deleted(actions), 250)
		require.Equal(t, outline(u.log), outline(w.ours(actions)))
	})
}

// TestRollingUpdateBounds: never more than maxUnavailable pods are missing, and
// with maxSurge none.
func TestRollingUpdateBounds(t *testing.T) {
	for _, c := range []struct{ unavailable, surge, step int }{{1, 0, 1}, {3, 0, 3}, {0, 1, 1}, {0, 4, 4}} {
		t.Run(fmt.Sprintf("unavailable=%d surge=%d", c.unavailable, c.surge), func(t *testing.T) {
			ds := agent()
			ds.Spec.UpdateStrategy = rolling(intstr.FromInt(c.unavailable), intstr.FromInt(c.surge))
			w := quietWorld(t, ds, 8)
			w.apply(decide(t, w))
			w.makeReady()
			w.apply(decide(t, w))
			w.edit(func(ds *apps.DaemonSet) { ds.Spec.Template.Spec.Containers[0].Image = "v2" })
			for round := 0; w.ds.Status.UpdatedNumberScheduled < 8 || len(w.pods) > 8 ||
				w.ds.Status.ObservedGeneration < 2; round++ {
				require.Less(t, round, 40)
				w.now = w.now.Add(time.Second)
				actions := decide(t, w)
				require.LessOrEqual(t, len(deleted(actions)), c.step)
				require.LessOrEqual(t, len(created(actions)), c.step)
				w.apply(actions)
				running := 0
				for _, pod := range w.pods {
					if pod.DeletionTimestamp == nil && ready(pod) {
						running++
					}
				}
				require.GreaterOrEqual(t, running, 8-c.unavailable)
				w.makeReady()
			}
			require.Len(t, w.revisions, 2)
		})
	}
}

func ready(pod *v1.Pod) bool {
	c := pod.Status.Conditions
	return len(c) > 0 && c[0].Status == v1.ConditionTrue
}

// TestFailedPodsAreReplacedEverMoreRarely: with a pod that fails at once, 1 s,
// 2 s, 4 s … and at last 15 min go by between two of them, a second being lost
// for the new one to come.
func TestFailedPodsAreReplacedEverMoreRarely(t *testing.T) {
	w := quietWorld(t, agent(), 1)
	var at []int
	for second := range 3000 {
		w.now = noon.Add(time.Duration(second) * time.Second)
		actions := decide(t, w)
		if len(deleted(actions)) > 0 {
			at = append(at, second)
		}
		w.apply(actions)
		w.makeReady()
		for _, pod := range w.pods {
			w.end(pod, v1.PodFailed)
		}
	}
	require.Equal(t, []int{1, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025, 1925, 2825}, at)
}

// TestAHashCollision counts it and tries again, as upstream does.
func TestAHashCollision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := quietWorld(t, agent(), 1)
		w.now = time.Now()
		taken := w.ds.DeepCopy()
		taken.Spec.Template.Spec.Containers[0].Image = "another"
		actions, err := Sync(View{DaemonSet: taken}, w.now)
		require.NoError(t, err)
		r := actions[0].(CreateRevision).Revision
		r.Name = "agent-" + controller.ComputeHash(&w.ds.Spec.Template, nil)
		w.revisions = []*apps.ControllerRevision{r}
		u := newUpstream(t, w)
		u.sync()
		actions = decide(t, w)
		require.Equal(t, u.log, w.ours(actions))
		require.Equal(t, int32(1), *actions[0].(UpdateStatus).Status.CollisionCount)
		w.apply(actions)
		u.sync()
		actions = decide(t, w)
		require.Equal(t, canonical(u.log), canonical(w.ours(actions)))
		require.NotEmpty(t, created(actions))
	})
}

// TestSelectingAll does nothing but tell.
func TestSelectingAll(t *testing.T) {
	w := quietWorld(t, agent(), 1)
	w.ds.Spec.Selector = &metav1.LabelSelector{}
	require.Equal(t, []Action{
		Event{Type: v1.EventTypeWarning, Reason: daemon.SelectingAllReason,
			Message: "This daemon set is selecting all pods. A non-empty selector is required."}}, decide(t, w))
}

// TestPlacementIsUpstreams compares with the exported function, which parses
// the affinity for every node.
func TestPlacementIsUpstreams(t *testing.T) {
	seen := map[[2]bool]int{}
	for seed := range uint64(200) {
		w := newWorld(t, seed, noon)
		for range 60 {
			w.step()
		}
		w.ds.Spec.Template.Spec.NodeName = []string{"", "", "n1"}[w.r.IntN(3)]
		p := newPlacement(w.ds)
		want := 0
		for _, node := range w.nodes {
			run, stay := daemon.NodeShouldRunDaemonPod(quiet, node, w.ds)
			gotRun, gotStay := p.nodeShouldRunDaemonPod(node)
			require.Equal(t, [2]bool{run, stay}, [2]bool{gotRun, gotStay})
			seen[[2]bool{run, stay}]++
			if run {
				want++
			}
		}
		require.Equal(t, want, DesiredNodes(w.ds, w.nodes))
	}
	require.Len(t, seen, 3)
}

// TestFaultsOfAView names every field that can't be.
func TestFaultsOfAView(t *testing.T) {
	_, err := Sync(View{}, noon)
	require.EqualError(t, err, "daemonset: must be set, got nil")
	ds := agent()
	ds.Spec.Selector, ds.Spec.RevisionHistoryLimit, ds.Spec.MinReadySeconds = nil, nil, -1
	ds.Spec.UpdateStrategy = rolling(intstr.FromString("many"), intstr.FromInt32(-1))
	ds.Spec.UpdateStrategy.Type = "Sometimes"
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	_, err = Sync(View{DaemonSet: ds, Revisions: []*apps.ControllerRevision{nil, {}}, Pods: []*v1.Pod{nil},
		Nodes: []*v1.Node{node, node}}, noon)
	require.EqualError(t, err, `daemonset default/agent: spec.selector: must be a label selector, got nil
daemonset default/agent: spec.revisionHistoryLimit: must be set, got nil
daemonset default/agent: spec.minReadySeconds: must be at least 0, got -1
daemonset default/agent: spec.updateStrategy.type: must be OnDelete or RollingUpdate, got "Sometimes"
daemonset default/agent: spec.updateStrategy.rollingUpdate.maxUnavailable: must be a count or a percentage of at least 0, got many
daemonset default/agent: spec.updateStrategy.rollingUpdate.maxSurge: must be a count or a percentage of at least 0, got -1
daemonset default/agent: revisions[0]: must be set, got nil
daemonset default/agent: revisions[1].metadata.labels[controller-revision-hash]: must be set, got ""
daemonset default/agent: pods[0]: must be set, got nil
daemonset default/agent: nodes[1].metadata.name: must be unique, got "n"`)
}
