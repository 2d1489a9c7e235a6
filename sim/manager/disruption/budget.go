package disruption

import (
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/selection"
)

// budget is what the controller keeps of one PodDisruptionBudget.
type budget struct {
	c        *Controller
	api      *policyv1.PodDisruptionBudget // as it is stored, or was last
	selector labels.Selector
	entry    *selection.Selector[*budget] // among those of all budgets
	work     manager.Key
	deleted  bool
	changes  []record.BudgetChange // of its rule, by steps of the timeline
}

// become takes over a budget that is new, or as somebody sent it, and notes the
// rule that a step gave it.
func (b *budget) become(o *policyv1.PodDisruptionBudget) {
	ruled := b.c.Now() > 0
	if b.api != nil {
		ruled = ruleOf(b.api) != ruleOf(o)
	}
	if ruled {
		b.changes = append(b.changes, record.BudgetChange{T: b.c.Now(), Rule: ruleOf(o)})
	}
	selector, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
	if err != nil {
		selector = labels.Nothing() // the validation of manifests has told
	}
	b.api, b.selector = o, selector
	if b.entry == nil {
		b.entry = b.c.selectors.Add(o.Namespace, selector, b)
	} else {
		b.c.selectors.Change(b.entry, selector)
	}
}

func (b *budget) key() string { return kinds.KeyOf(b.api) }

// state is what the budget says and covers.
func (b *budget) state() record.BudgetState {
	s := b.api.Status
	r := record.BudgetState{At: b.c.At(), Healthy: s.CurrentHealthy, Changes: b.changes, Deleted: b.deleted}
	r.Key, r.Rule = b.key(), ruleOf(b.api)
	r.Expected, r.Allows = s.ExpectedPods, disruption.BudgetAllows(b.api, s.ExpectedPods)
	for _, p := range b.c.Selected(b.api.Namespace, b.selector) {
		if !slices.Contains(r.Workloads, p.Workload) {
			r.Workloads = append(r.Workloads, p.Workload)
		}
	}
	slices.Sort(r.Workloads)
	return r
}

func (b *budget) sync(now sim.Time) {
	v := disruption.View{PDB: b.api, Scale: b.c.scaleOf}
	for _, p := range b.c.Selected(b.api.Namespace, b.selector) {
		v.Pods = append(v.Pods, p.Object())
	}
	d, err := disruption.Sync(v, b.c.Wall(now))
	b.c.Fail(err)
	if !d.Recheck.IsZero() {
		b.work.AddAfter(d.Recheck.Sub(b.c.Wall(now)) + 1)
	}
	if !d.Changed {
		b.work.Done(false)
		return
	}
	conflict := false
	b.c.Write(func(sim.Time) {
		if conflict = b.api != v.PDB; !conflict && !b.deleted {
			b.write(d.Status)
		}
	}, func(sim.Time) { b.work.Done(conflict) })
}

// write stores a status, which nobody can have changed since.
func (b *budget) write(status policyv1.PodDisruptionBudgetStatus) {
	next := b.api.DeepCopy()
	next.Status = status
	b.c.Fail(b.c.UpdateStatus(b.api, next))
}

func ruleOf(o *policyv1.PodDisruptionBudget) record.BudgetRule {
	field, bound := disruption.Bound(o)
	return record.BudgetRule{Field: field, Bound: bound}
}
