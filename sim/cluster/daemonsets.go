package cluster

import (
	"cmp"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller/daemon/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// daemonSet is a DaemonSet and what its controller knows of it.
type daemonSet struct {
	world     *World
	key       string // as records name it
	api       *appsv1.DaemonSet
	revisions []*appsv1.ControllerRevision
	pods      []*pod
	names     *podNames
	failures  map[string]daemonset.Failure
	walk      walk
	work      manager.Key
	failed    bool                // the sync under way
	desired   int32               // nodes that should run a pod, as last recorded
	revision  string              // of the template
	phase     record.RolloutPhase // of the rollout, as last recorded
	deleted   bool
}

// walk is the order in which a DaemonSet's controller goes over the nodes. Its
// cache gives them in that of a Go map; here it is a random one that stays as
// it is, so that an update takes the nodes in a random order.
type walk struct {
	order []*node
	turns map[string]uint64
	at    int // World.memberships when it was made
}

// neverCounted is desired before the first status of a DaemonSet that the run
// did not declare.
const neverCounted = -1

func (w *World) addDaemonSet(o *appsv1.DaemonSet) {
	ds := &daemonSet{
		world: w, key: workloadKey(o.Namespace, "DaemonSet", o.Name), api: o,
		names: w.podNames("DaemonSet/"+key(o.Namespace, o.Name), o.Namespace), failures: map[string]daemonset.Failure{}, desired: neverCounted,
	}
	if w.loop.Now() == 0 {
		ds.desired = int32(daemonset.DesiredNodes(o, w.spec.Nodes))
	}
	ds.walk.turns = map[string]uint64{}
	ds.work.Init(w.controllers.daemonSet.Queue, ds.sync)
	w.daemonSets.put(key(o.Namespace, o.Name), ds)
	w.scheduler.upstream.Set(o)
	ds.enqueue()
}

func (ds *daemonSet) addPod(p *pod) { ds.pods = append(ds.pods, p) }

func (ds *daemonSet) removePod(p *pod) { ds.pods = without(ds.pods, p) }

func (ds *daemonSet) size() (*disruption.Scale, error) {
	return nil, disruption.NoScale("daemonsets.apps")
}

func (ds *daemonSet) podWritten() { retry(&ds.work) }

// podReady lets the controller look again when a pod that got ready is
// available.
func (ds *daemonSet) podReady() {
	if after := daemonset.AfterReady(ds.api.Spec.MinReadySeconds); after > 0 {
		ds.work.AddAfter(after)
	}
}

// tellDaemonSets wakes the DaemonSets that a new node (old is nil) or a changed
// one concerns. That a node is deleted wakes none.
func (w *World) tellDaemonSets(old *v1.Node, n *node) {
	for _, ds := range w.daemonSets.inOrder() {
		if daemonset.NodeConcerns(ds.api, old, n.api, ds.runsOn(n.api.Name)) {
			ds.enqueue()
		}
	}
}

func (ds *daemonSet) runsOn(node string) bool {
	return slices.ContainsFunc(ds.pods, func(p *pod) bool { return p.api.Spec.NodeName == node })
}

// enqueue adds the DaemonSet to the work queue. A sync begins only when the
// writes of the one before are visible (the controller's expectations and its
// consistency store).
func (ds *daemonSet) enqueue() { ds.work.Add() }

// update is a write of the spec by somebody. The API server counts changes of
// the template apart (pkg/registry/apps/daemonset/strategy.go).
func (ds *daemonSet) update(next *appsv1.DaemonSet) {
	next.Generation = ds.api.Generation
	if !apiequality.Semantic.DeepEqual(next.Spec, ds.api.Spec) {
		next.Generation++
	}
	count := templateGeneration(ds.api)
	if !apiequality.Semantic.DeepEqual(next.Spec.Template, ds.api.Spec.Template) {
		count++
	}
	countTemplate(next, count)
	ds.api = next
	ds.world.scheduler.upstream.Set(next)
	ds.enqueue()
}

// templateGeneration is 0 when there is none.
func templateGeneration(o *appsv1.DaemonSet) int64 {
	if count, err := util.GetTemplateGeneration(o); err == nil && count != nil {
		return *count
	}
	return 0
}

// countTemplate sets the generation of the template, which apps/v1 shows as an
// annotation.
func countTemplate(o *appsv1.DaemonSet, count int64) {
	metav1.SetMetaDataAnnotation(&o.ObjectMeta, appsv1.DeprecatedTemplateGeneration, strconv.FormatInt(max(1, count), 10))
}

// nodes are the nodes in the order of the walk.
func (ds *daemonSet) nodes() []*v1.Node {
	w := ds.world
	if ds.walk.at != w.memberships {
		ds.walk.at = w.memberships
		ds.walk.order = slices.Clone(w.nodeOrder)
		for _, n := range ds.walk.order {
			if _, known := ds.walk.turns[n.api.Name]; !known {
				ds.walk.turns[n.api.Name] = w.streams.Get("daemonset-walk", ds.key+"/"+n.api.Name).Uint64()
			}
		}
		slices.SortFunc(ds.walk.order, func(a, b *node) int {
			return cmp.Or(cmp.Compare(ds.walk.turns[a.api.Name], ds.walk.turns[b.api.Name]), cmp.Compare(a.api.Name, b.api.Name))
		})
	}
	list := make([]*v1.Node, len(ds.walk.order))
	for i, n := range ds.walk.order {
		list[i] = n.api
	}
	return list
}

func (ds *daemonSet) sync(now sim.Time) {
	v := daemonset.View{DaemonSet: ds.api, Revisions: ds.revisions, Nodes: ds.nodes(), Failures: ds.failures}
	for _, p := range ds.pods {
		v.Pods = append(v.Pods, p.api)
	}
	actions, err := daemonset.Sync(v, ds.world.wall(now))
	ds.world.fail(err)
	ds.failed = false
	ds.carryOut(now, actions)
}

// settled is when the writes of a sync are visible.
func (ds *daemonSet) settled() { ds.work.Done(ds.failed) }

// delete removes the DaemonSet; the garbage collector deletes its pods.
func (ds *daemonSet) delete() {
	ds.deleted = true
	ds.work.Drop()
	w := ds.world
	w.scheduler.upstream.Unset(ds.api)
	w.garbage.collectPods(ds.pods, len(ds.revisions), record.OwnerDeleted)
	w.daemonSets.remove(key(ds.api.Namespace, ds.api.Name))
	w.replenish(ds.api, nil)
}
