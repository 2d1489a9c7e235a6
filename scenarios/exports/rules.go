package exports

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"go.yaml.in/yaml/v3"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/promql"
)

// rule is one of prometheus-adapter's (docs/config.md): it makes metrics of the metrics APIs
// out of series of Prometheus.
//
//	seriesQuery: 'http_requests_total{namespace!=""}'
//	name: {matches: "^(.*)_total$", as: "${1}_per_second"}      http_requests_per_second
//	metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
type rule struct {
	SeriesQuery string `yaml:"seriesQuery"`
	Name        struct {
		Matches string `yaml:"matches"`
		As      string `yaml:"as"`
	} `yaml:"name"`
	MetricsQuery string `yaml:"metricsQuery"`

	of string // the ConfigMap
}

// rulesOf are the rules of the ConfigMaps, and what is wrong with those that can't be read.
func rulesOf(x *objects.Index) (list []rule, told []string) {
	for _, r := range x.Order {
		c, is := x.ByName[r].Object.(*v1.ConfigMap)
		if !is {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(c.Data)) {
			if !strings.Contains(c.Data[key], "seriesQuery:") {
				continue
			}
			var config struct {
				Rules         []rule `yaml:"rules"`
				ExternalRules []rule `yaml:"externalRules"`
			}
			if err := yaml.Unmarshal([]byte(c.Data[key]), &config); err != nil {
				told = append(told, fmt.Sprintf("ConfigMap %s/%s: prometheus-adapter can't read its rules: %s: %s", c.Namespace,
					c.Name, key, strings.ReplaceAll(err.Error(), "\n", " ")))
				continue
			}
			for _, r := range slices.Concat(config.Rules, config.ExternalRules) {
				r.of = c.Namespace + "/" + c.Name
				list = append(list, r)
			}
		}
	}
	return list, told
}

// series is the one from which the rule makes a metric of a name.
func (r *rule) series(metric string) (string, bool) {
	matchers, err := promql.Series(r.SeriesQuery)
	if err != nil {
		return "", false
	}
	pattern := regexp.MustCompile(".*")
	if r.Name.Matches != "" {
		if pattern, err = regexp.Compile(r.Name.Matches); err != nil {
			return "", false
		}
	}
	as := r.Name.As
	if as == "" { // pkg/naming/metric_namer.go
		as = [...]string{"$0", "$1"}[min(pattern.NumSubexp(), 1)]
	}
	for _, name := range candidates(matchers) {
		if m := pattern.FindStringSubmatchIndex(name); m != nil && string(pattern.ExpandString(nil, as, name, m)) == metric {
			return name, true
		}
	}
	return "", false
}

// candidates are the series that matchers may mean: the one that they name, or those of the
// names that are known.
func candidates(matchers []*labels.Matcher) (list []string) {
	for _, l := range matchers {
		if l.Name != labels.MetricName {
			continue
		}
		if l.Type == labels.MatchEqual {
			return []string{l.Value}
		}
		for _, plain := range slices.Sorted(maps.Keys(named)) {
			engine, rest, _ := strings.Cut(plain, "_")
			for _, name := range []string{plain, plain + "_total", engine + ":" + rest} {
				if l.Matches(name) {
					list = append(list, name)
				}
			}
		}
	}
	return list
}

// The parts of a rule's query that the adapter fills in (pkg/naming/metrics_query.go). It
// parts what it asks for by pod, or by the object that is asked for.
var (
	groups     = regexp.MustCompile(`\bby\s*\(\s*<<\s*\.GroupBy\s*>>\s*\)`)
	seriesIn   = regexp.MustCompile(`<<\s*\.Series\s*>>`)
	matchersIn = regexp.MustCompile(`<<\s*\.LabelMatchers\s*>>`)
)

// query is what the rule asks Prometheus for, of one pod or object.
func (r *rule) query(series string) (promql.Query, error) {
	text := groups.ReplaceAllString(r.MetricsQuery, "")
	text = seriesIn.ReplaceAllLiteralString(text, series)
	return promql.Read(matchersIn.ReplaceAllString(text, ""))
}

// ruleFor finds the rule that makes a metric, and the series that it makes it from.
func ruleFor(rules []rule, metric string) (r *rule, series string) {
	for i := range rules {
		if series, makes := rules[i].series(metric); makes {
			return &rules[i], series
		}
	}
	return nil, ""
}
