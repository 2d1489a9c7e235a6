package promql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Query is what a query asks for.
//
//	histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket{service="web"}[2m])) by (le))
//	                   Quantile  Total Rate Metric, without _bucket         Matchers
type Query struct {
	Metric   string // name of the series
	Matchers []*labels.Matcher
	// Total makes one value of several series. With cluster.Single there must be one.
	Total cluster.Aggregation
	// Rate is the window of rate(), 0 of a gauge.
	Rate time.Duration
	// Quantile is that of histogram_quantile(), 0 without.
	Quantile float64
}

// totals are the aggregations that the simulation makes itself.
var totals = map[parser.ItemType]cluster.Aggregation{
	parser.SUM: cluster.Sum, parser.AVG: cluster.Avg, parser.MAX: cluster.Max,
}

var errTwice = errors.New("aggregates twice")

// Read reads a query. The error says which part of it the simulation does not compute, or
// is that of Prometheus' parser.
func Read(text string) (Query, error) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return Query{}, err
	}
	q := Query{Total: cluster.Single}
	return q, q.read(e)
}

// read goes down to the series.
func (q *Query) read(e parser.Expr) error {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return q.read(e.Expr)
	case *parser.AggregateExpr:
		return q.aggregate(e)
	case *parser.BinaryExpr:
		return q.binary(e)
	case *parser.Call:
		return q.call(e)
	case *parser.VectorSelector:
		return q.series(e)
	}
	return fmt.Errorf("%s is not computed", short(e))
}

// aggregate takes sum, avg and max into one number. In a histogram the buckets stay apart.
func (q *Query) aggregate(e *parser.AggregateExpr) error {
	total, computed := totals[e.Op]
	apart := e.Grouping
	if q.Quantile > 0 {
		apart = slices.DeleteFunc(slices.Clone(apart), func(l string) bool { return l == labels.BucketLabel })
	}
	switch {
	case !computed, q.Quantile > 0 && total != cluster.Sum:
		return fmt.Errorf("%s() is not computed", e.Op)
	case e.Without || len(apart) > 0:
		return fmt.Errorf("%s() leaves several series", e.Op)
	case q.Total != cluster.Single:
		return errTwice
	}
	q.Total = total
	return q.read(e.Expr)
}

// binary takes "or vector(0)", which gives 0 where there is no series, as KEDA does itself.
func (q *Query) binary(e *parser.BinaryExpr) error {
	if call, is := e.RHS.(*parser.Call); is && e.Op == parser.LOR && call.String() == "vector(0)" {
		return q.read(e.LHS)
	}
	return fmt.Errorf("%s of two values is not computed", e.Op)
}

// call takes rate() of a counter and histogram_quantile() of a histogram's rates.
func (q *Query) call(e *parser.Call) error {
	switch e.Func.Name {
	case "rate":
		m, is := e.Args[0].(*parser.MatrixSelector)
		if !is || m.RangeExpr != nil {
			break
		}
		q.Rate = m.Range
		return q.read(m.VectorSelector)
	case "histogram_quantile":
		share, is := e.Args[0].(*parser.NumberLiteral)
		if !is || !(share.Val > 0 && share.Val < 1) || q.Total != cluster.Single || q.Quantile > 0 {
			break
		}
		q.Quantile = share.Val
		return q.read(e.Args[1])
	}
	return fmt.Errorf("%s is not computed", short(e))
}

// series takes the name of the series and what they are selected by.
func (q *Query) series(e *parser.VectorSelector) error {
	if e.OriginalOffset != 0 || e.OriginalOffsetExpr != nil || e.Timestamp != nil || e.StartOrEnd != 0 {
		return fmt.Errorf("%s at another time is not computed", short(e))
	}
	for _, m := range e.LabelMatchers {
		switch {
		case m.Name != labels.MetricName:
			q.Matchers = append(q.Matchers, m)
		case m.Type == labels.MatchEqual:
			q.Metric = m.Value
		}
	}
	histogram := strings.HasSuffix(q.Metric, "_bucket")
	switch {
	case q.Metric == "":
		return errors.New("a query of several metrics is not computed")
	case histogram != (q.Quantile > 0), histogram && q.Rate == 0:
		return fmt.Errorf("%s is not computed but by histogram_quantile() of its rate()", short(e))
	}
	q.Metric = strings.TrimSuffix(q.Metric, "_bucket")
	return nil
}

// short is the beginning of an expression.
func short(e parser.Expr) string {
	const most = 60
	text := []rune(e.String())
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// Series reads what selects series, as up{job="x"}.
func Series(text string) ([]*labels.Matcher, error) {
	return parser.NewParser(parser.Options{}).ParseMetricSelector(text)
}
