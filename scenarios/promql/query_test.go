package promql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/promql"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// What a query asks for, and which part of others is not computed.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		text     string
		want     promql.Query
		matchers []string
		refused  string
	}{
		{text: "vllm:num_requests_waiting",
			want: promql.Query{Metric: "vllm:num_requests_waiting", Total: cluster.Single}},
		{text: `sum(vllm:num_requests_waiting{model_name="x"}) or vector(0)`, matchers: []string{`model_name="x"`},
			want: promql.Query{Metric: "vllm:num_requests_waiting", Total: cluster.Sum}},
		{text: `(avg(vllm:kv_cache_usage_perc))`,
			want: promql.Query{Metric: "vllm:kv_cache_usage_perc", Total: cluster.Avg}},
		{text: `sum(rate(http_requests_total{namespace="a", pod=~"web-.*"}[2m]))`,
			matchers: []string{`namespace="a"`, `pod=~"web-.*"`},
			want:     promql.Query{Metric: "http_requests_total", Total: cluster.Sum, Rate: 2 * time.Minute}},
		{text: `histogram_quantile(0.9, sum by (le) (rate(d_seconds_bucket[5m])))`,
			want: promql.Query{Metric: "d_seconds", Total: cluster.Sum, Rate: 5 * time.Minute, Quantile: 0.9}},
		{text: `{__name__="x"}`, want: promql.Query{Metric: "x", Total: cluster.Single}},

		{text: "sum(", refused: "unclosed left parenthesis"},
		{text: "", refused: "no expression found in input"},
		{text: "1", refused: "1 is not computed"},
		{text: "sum(x) by (pod)", refused: "sum() leaves several series"},
		{text: "sum without (pod) (x)", refused: "sum() leaves several series"},
		{text: "count(x)", refused: "count() is not computed"},
		{text: "sum(max(x))", refused: "aggregates twice"},
		{text: "sum(x) / sum(y)", refused: "/ of two values is not computed"},
		{text: "x or vector(1)", refused: "or of two values is not computed"},
		{text: "x offset 5m", refused: "x offset 5m at another time is not computed"},
		{text: "x @ end()", refused: "at another time is not computed"},
		{text: "avg_over_time(x[5m])", refused: "avg_over_time(x[5m]) is not computed"},
		{text: "rate(x[5m:1m])", refused: "rate(x[5m:1m]) is not computed"},
		{text: "d_bucket", refused: "d_bucket is not computed but by histogram_quantile() of its rate()"},
		{text: "histogram_quantile(0.9, sum by (le, pod) (rate(d_bucket[5m])))", refused: "sum() leaves several series"},
		{text: "histogram_quantile(0.9, d_bucket)", refused: "is not computed but by histogram_quantile() of its rate()"},
		{text: "histogram_quantile(2, sum by (le) (rate(d_bucket[5m])))", refused: "is not computed"},
		{text: `{__name__=~"x.*"}`, refused: "a query of several metrics is not computed"},
	} {
		q, err := promql.Read(c.text)
		if c.refused != "" {
			require.ErrorContains(t, err, c.refused, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		var matchers []string
		for _, m := range q.Matchers {
			matchers = append(matchers, m.String())
		}
		assert.Equal(t, c.matchers, matchers, c.text)
		q.Matchers = nil
		assert.Equal(t, c.want, q, c.text)
	}
}

// FuzzRead holds that no query makes the reader panic, and that what it takes in names a
// metric.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"x", "sum(rate(x_total[2m]))",
		"histogram_quantile(.9, sum by (le) (rate(x_bucket[1m])))",
		"rate(x[step()])", "sum(x) or vector(0)", "((((((x))))))", "x[1h:5m]", `{"a.b", c="d"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := promql.Read(text); err == nil && (q.Metric == "" || q.Total == "") {
			t.Errorf("%q: %+v", text, q)
		}
	})
}
