package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// expect reads the expectations.
func (b *builder) expect(list []wire.Expectation) {
	for i, e := range list {
		at := fmt.Sprintf("expect[%d]", i)
		if b.broken(at) {
			continue
		}
		metric, known := record.FindMetric(e.Metric)
		if !known {
			var names []string
			for _, m := range record.Metrics {
				names = append(names, m.Name)
			}
			b.fault(at+".metric", "must be a metric, got %.60q%s", e.Metric, wire.DidYouMean(e.Metric, names))
			continue
		}
		x := record.Expectation{Metric: e.Metric, Across: e.Across, Source: fmt.Sprintf("%s:%d", b.File, b.lines.Of(at))}
		switch e.Across {
		case "":
			x.Across = "every"
		case "every", "mean":
		default:
			b.fault(at+".across", "must be every or mean, got %.60q", e.Across)
		}
		var err error
		if x.Of, err = b.subject(metric, e.Of); err != nil {
			b.unmatched(at+".of", "%s", err)
		}
		b.bounds(at, metric, e, &x)
		b.spec.Expectations = append(b.spec.Expectations, x)
	}
}

func (b *builder) bounds(at string, metric record.Metric, e wire.Expectation, x *record.Expectation) {
	given := 0
	for _, bound := range []struct {
		name string
		from *wire.Bound
		to   **float64
	}{{"atLeast", e.AtLeast, &x.AtLeast}, {"atMost", e.AtMost, &x.AtMost}, {"equals", e.Equals, &x.Equals}} {
		if bound.from == nil {
			continue
		}
		given++
		v, err := bound.from.In(metric.Unit)
		if err != nil {
			b.fault(at+"."+bound.name, "%s", err)
		}
		*bound.to = &v
	}
	if given != 1 {
		b.fault(at, "must have exactly one of atLeast, atMost, equals, got %d", given)
	}
}

// subject resolves what a metric is about to the key that records use.
func (b *builder) subject(metric record.Metric, of string) (string, error) {
	if of == "" {
		return "", nil
	}
	var keys []string
	switch metric.Of {
	case "service":
		for _, s := range b.objects.Services() {
			keys = append(keys, s.Namespace+"/"+s.Name)
		}
		for _, e := range b.spec.Externals {
			keys = append(keys, e.Name)
		}
		for _, q := range b.spec.Queues {
			keys = append(keys, q.Key)
		}
	case "workload":
		for _, t := range b.objects.Templates() {
			if metric.Fits(t.Ref.Kind) {
				keys = append(keys, t.Key())
			}
		}
	case "pool":
		for _, p := range b.pools { // also those that are empty at first
			keys = append(keys, p.Name)
		}
		for _, n := range b.spec.Nodes {
			if p := b.spec.Pools[n.Name]; !slices.Contains(keys, p) {
				keys = append(keys, p)
			}
		}
	default:
		return "", fmt.Errorf("must be left out, %s is about the whole run", metric.Name)
	}
	if slices.Contains(keys, of) {
		return of, nil
	}
	of = b.objects.Key(of)
	// Without the namespace it is enough where that is unique.
	var matches []string
	for _, k := range keys {
		if strings.HasSuffix("/"+k, "/"+of) {
			matches = append(matches, k)
		}
	}
	if len(matches) == 1 {
		return matches[0], nil
	}
	if len(keys) == 0 {
		return "", fmt.Errorf("must be a %s, and there is none, got %.80q", metric.Of, of)
	}
	return "", fmt.Errorf("must be one of %s, got %.80q", strings.Join(keys, ", "), of)
}
