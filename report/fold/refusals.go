package fold

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// refusalKey tells answers of the API server apart. The name of the object and
// what is used change from one to the next.
type refusalKey struct{ object, policy, resources string }

func keyOf(rec record.CreationRefused) refusalKey {
	var resources []string
	for _, s := range rec.Short {
		resources = append(resources, s.Resource)
	}
	return refusalKey{rec.Object, rec.Policy, strings.Join(resources, ",")}
}

// refusals are the times that the API server did not take an object of a
// workload, with one answer.
type refusals struct {
	First   record.CreationRefused
	count   int64
	since   sim.Time // of those that go on
	goOn    bool
	Longest sim.Time
	Rollout *rollout // the one it came into first, if not the initial one
	Missing int      // pods at the end, if it goes on
}

// refused books an answer of the API server.
func (w *workload) refused(rec record.CreationRefused) {
	key := keyOf(rec)
	r, known := w.evidence.refusals[key]
	if !known {
		r = &refusals{First: rec}
		for _, ro := range w.open() {
			if !ro.Initial {
				r.Rollout = ro
			}
		}
		w.evidence.refusals[key] = r
	}
	r.count += rec.Count
	if rec.Since == 0 && !r.goOn {
		r.goOn, r.since = true, rec.T
	}
}

// lack counts what is missing for refusals that go on to the end.
func (w *workload) lack() {
	for _, r := range w.evidence.refusals {
		if r.goOn {
			r.Missing = 1
			if r.First.Object == "Pod" || r.First.Object == "PersistentVolumeClaim" {
				r.Missing = max(1, w.wanted()-w.active)
			}
		}
	}
}

// taken is an object that the API server took: what was said before holds no
// longer.
func (w *workload) taken(object string, t sim.Time) {
	for key, r := range w.evidence.refusals {
		if key.object == object && r.goOn {
			r.goOn, r.Longest = false, max(r.Longest, t-r.since)
		}
	}
}

func (r *replication) replicaSetScaled(rec record.ReplicaSetScaled) {
	if rec.Created {
		r.workload(rec.Workload).taken("ReplicaSet", rec.T)
	}
}

// RefusalTotals are the same over all replications.
type RefusalTotals struct {
	tally
	refusals     // of the replication in which it took longest
	AtEnd    int // replications in which it went on to the end
	Undone   int // and those in which the rollout did not complete
}

func (t *RefusalTotals) fold(r *refusals, now sim.Time) {
	t.add(r.count)
	mine := *r
	if r.goOn {
		mine.Longest = max(r.Longest, now-r.since)
		t.AtEnd++
	}
	if r.Rollout != nil && r.Rollout.Complete == nil {
		t.Undone++
	}
	if t.First.Object == "" || mine.Longest > t.Longest {
		t.refusals = mine
	}
}

// Denied lists them by the time of the first.
func (t *WorkloadTotals) Denied() []*RefusalTotals {
	list := make([]*RefusalTotals, 0, len(t.Evidence.Refusals))
	for _, r := range t.Evidence.Refusals {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *RefusalTotals) int {
		x, y := keyOf(a.First), keyOf(b.First)
		return cmp.Or(cmp.Compare(a.First.T, b.First.T), cmp.Compare(x.object, y.object), cmp.Compare(x.policy, y.policy),
			cmp.Compare(x.resources, y.resources))
	})
	return list
}

func (t *WorkloadTotals) refusedResult() []result.Refusal {
	var list []result.Refusal
	for _, r := range t.Denied() {
		list = append(list, result.Refusal{
			Object: r.First.Object, Policy: r.First.Policy, Message: r.First.Message, Short: r.First.Short,
			First: r.First.T, Longest: r.Longest, Count: r.N, Replications: r.Runs, AtEnd: r.AtEnd,
		})
	}
	return list
}

// quotaTotals is what was used of a ResourceQuota over all replications.
type quotaTotals struct{ resources []result.QuotaUse }

func (t *quotaTotals) fold(rec record.QuotaUsage) {
	for _, r := range rec.Resources {
		i := slices.IndexFunc(t.resources, func(u result.QuotaUse) bool { return u.Resource == r.Resource })
		if i < 0 {
			i = len(t.resources)
			t.resources = append(t.resources, result.QuotaUse{Resource: r.Resource})
		}
		u := &t.resources[i]
		u.Hard, u.Peak, u.Used = r.Hard, max(u.Peak, r.Peak), max(u.Used, r.Used)
	}
}

// quotaResult is nil when there are no quotas.
func (f *Facts) quotaResult() map[string][]result.QuotaUse {
	if len(f.Totals.quotas) == 0 {
		return nil
	}
	all := map[string][]result.QuotaUse{}
	for name, t := range f.Totals.quotas {
		all[name] = t.resources
	}
	return all
}
