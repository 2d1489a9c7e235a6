package cluster

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster/describe"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// budget is a PodDisruptionBudget and its place in the controller's queue.
type budget struct {
	world    *World
	api      *policyv1.PodDisruptionBudget
	selector labels.Selector
	work     manager.Key
	deleted  bool
	changes  []record.BudgetChange // by steps of the timeline
}

func (w *World) applyBudget(o *policyv1.PodDisruptionBudget) {
	selector, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
	if err != nil {
		selector = labels.Nothing() // the validation of manifests has told
	}
	k := key(o.Namespace, o.Name)
	b, known := w.budgets.get(k)
	if !known {
		w.admitNew(&o.ObjectMeta)
		o.Status = policyv1.PodDisruptionBudgetStatus{}
		b = &budget{world: w, api: o}
		b.work.Init(w.controllers.disruption.Queue, b.sync)
		w.budgets.put(k, b)
		b.ruled(w.loop.Now() > 0)
	} else if !apiequality.Semantic.DeepEqual(b.api.Spec, o.Spec) {
		next := b.api.DeepCopy()
		next.Spec = o.Spec
		next.Generation++
		before := describe.BudgetRule(b.api)
		b.api = next
		b.ruled(describe.BudgetRule(next) != before)
	}
	b.selector = selector
	w.scheduler.upstream.Set(b.api)
	b.enqueue()
}

// ruled notes the rule that a step gave it.
func (b *budget) ruled(changed bool) {
	if changed {
		b.changes = append(b.changes, record.BudgetChange{T: b.world.loop.Now(), Rule: describe.BudgetRule(b.api)})
	}
}

// recordBudgets tells what budgets say and cover at the end.
func (w *World) recordBudgets() {
	for _, b := range w.budgets.inOrder() {
		w.record(b.state())
	}
}

func (b *budget) state() record.BudgetState {
	s := b.api.Status
	r := record.BudgetState{At: b.world.at(), Healthy: s.CurrentHealthy, Changes: b.changes, Deleted: b.deleted}
	r.Key, r.Rule = key(b.api.Namespace, b.api.Name), describe.BudgetRule(b.api)
	r.Expected, r.Allows = s.ExpectedPods, describe.BudgetAllows(b.api, s.ExpectedPods)
	for _, p := range b.world.pods.inOrder() {
		if b.selects(p.api) && !slices.Contains(r.Workloads, p.workload) {
			r.Workloads = append(r.Workloads, p.workload)
		}
	}
	slices.Sort(r.Workloads)
	return r
}

func (b *budget) delete() {
	b.deleted = true
	b.world.record(b.state())
	b.work.Drop()
	b.world.scheduler.upstream.Unset(b.api)
	b.world.budgets.remove(key(b.api.Namespace, b.api.Name))
	b.world.replenish(b.api, nil)
}

func (b *budget) selects(o *v1.Pod) bool {
	return o.Namespace == b.api.Namespace && b.selector.Matches(labels.Set(o.Labels))
}

// watchBudgets tells the budgets of a pod that it changed.
func (w *World) watchBudgets(p *pod) {
	if len(w.budgets.order) == 0 {
		return
	}
	for _, b := range w.budgets.inOrder() {
		if b.selects(p.api) {
			b.enqueue()
		}
	}
}

func (b *budget) enqueue() { b.work.Add() }

func (b *budget) sync(now sim.Time) {
	w := b.world
	v := disruption.View{PDB: b.api, Scale: w.scaleOf}
	for _, p := range w.pods.inOrder() {
		if b.selects(p.api) {
			v.Pods = append(v.Pods, p.api)
		}
	}
	d, err := disruption.Sync(v, w.wall(now))
	w.fail(err)
	if !d.Recheck.IsZero() {
		b.work.AddAfter(d.Recheck.Sub(w.wall(now)) + 1)
	}
	if !d.Changed {
		b.work.Done(false)
		return
	}
	conflict := false
	w.controllers.disruption.Write(func(sim.Time) {
		if conflict = b.api != v.PDB; !conflict && !b.deleted {
			b.write(d.Status)
		}
	}, func(sim.Time) { b.work.Done(conflict) })
}

func (b *budget) write(status policyv1.PodDisruptionBudgetStatus) {
	next := b.api.DeepCopy()
	next.Status = status
	b.api = next
	b.world.scheduler.upstream.Set(next)
}

// scaleOf finds the size of the workload that a pod belongs to (the finders of
// pkg/controller/disruption).
func (w *World) scaleOf(o *v1.Pod) (*disruption.Scale, error) {
	p, known := w.pods.get(key(o.Namespace, o.Name))
	if !known || p.owner == nil {
		return nil, nil
	}
	return p.owner.size()
}

// budgetsOf names the budgets that select a pod.
func (w *World) budgetsOf(p *pod) (names []string) {
	for _, b := range w.budgets.inOrder() {
		if b.selects(p.api) {
			names = append(names, key(b.api.Namespace, b.api.Name))
		}
	}
	return names
}

// evict asks the eviction subresource to let a pod go.
func (p *pod) evict() error {
	w := p.world
	var selecting []*budget
	var budgets []*policyv1.PodDisruptionBudget
	for _, b := range w.budgets.inOrder() {
		if b.selects(p.api) {
			selecting, budgets = append(selecting, b), append(budgets, b.api)
		}
	}
	status, err := disruption.Evict(p.api, budgets, w.wall(w.loop.Now()))
	if err != nil {
		s := budgets[0].Status
		r := record.EvictionRefused{At: w.at(), Pod: p.name(), Node: p.api.Spec.NodeName,
			Budget:  key(budgets[0].Namespace, budgets[0].Name),
			Healthy: s.CurrentHealthy, Desired: s.DesiredHealthy, Expected: s.ExpectedPods, Message: err.Error()}
		for _, b := range budgets[1:] {
			r.Others = append(r.Others, key(b.Namespace, b.Name))
		}
		w.record(r)
		return err
	}
	if status != nil {
		selecting[0].write(*status)
	}
	p.write(func(next *v1.Pod) {
		p.setCondition(next, v1.DisruptionTarget, v1.ConditionTrue, "EvictionByEvictionAPI", "Eviction API: evicting")
	})
	p.deletedBy = "drain of node " + p.api.Spec.NodeName
	p.delete(record.Evicted)
	return nil
}
