package report

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
	first   record.CreationRefused
	count   int64
	since   sim.Time // of those that go on
	goOn    bool
	longest sim.Time
	rollout *rollout // the one it came into first, if not the initial one
	missing int      // pods at the end, if it goes on
}

// refused books an answer of the API server.
func (w *workload) refused(rec record.CreationRefused) {
	key := keyOf(rec)
	r, known := w.evidence.refusals[key]
	if !known {
		r = &refusals{first: rec}
		for _, ro := range w.open() {
			if !ro.Initial {
				r.rollout = ro
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
			r.missing = max(1, w.wanted()-w.active)
		}
	}
}

// taken is an object that the API server took: what was said before holds no
// longer.
func (w *workload) taken(object string, t sim.Time) {
	for key, r := range w.evidence.refusals {
		if key.object == object && r.goOn {
			r.goOn, r.longest = false, max(r.longest, t-r.since)
		}
	}
}

// refusalTotals are the same over all replications.
type refusalTotals struct {
	tally
	refusals     // of the replication in which it took longest
	atEnd    int // replications in which it went on to the end
	undone   int // and those in which the rollout did not complete
}

func (t *refusalTotals) fold(r *refusals, now sim.Time) {
	t.add(r.count)
	mine := *r
	if r.goOn {
		mine.longest = max(r.longest, now-r.since)
		t.atEnd++
	}
	if r.rollout != nil && r.rollout.Complete == nil {
		t.undone++
	}
	if t.first.Object == "" || mine.longest > t.longest {
		t.refusals = mine
	}
}

// denied lists them by the time of the first.
func (t *workloadTotals) denied() []*refusalTotals {
	list := make([]*refusalTotals, 0, len(t.evidence.refusals))
	for _, r := range t.evidence.refusals {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *refusalTotals) int {
		x, y := keyOf(a.first), keyOf(b.first)
		return cmp.Or(cmp.Compare(a.first.T, b.first.T), cmp.Compare(x.object, y.object), cmp.Compare(x.policy, y.policy), cmp.Compare(x.resources, y.resources))
	})
	return list
}

func (t *workloadTotals) refusedResult() []result.Refusal {
	var list []result.Refusal
	for _, r := range t.denied() {
		list = append(list, result.Refusal{
			Object: r.first.Object, Policy: r.first.Policy, Message: r.first.Message, Short: r.first.Short,
			First: r.first.T, Longest: r.longest, Count: r.n, Replications: r.runs, AtEnd: r.atEnd,
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
	if len(f.totals.quotas) == 0 {
		return nil
	}
	all := map[string][]result.QuotaUse{}
	for name, t := range f.totals.quotas {
		all[name] = t.resources
	}
	return all
}
