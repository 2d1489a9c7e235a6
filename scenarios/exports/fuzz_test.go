package exports_test

import (
	"slices"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/scenarios/exports"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// FuzzAutoscalers holds that no rules of prometheus-adapter make the reader panic, and that
// something is told of each metric, the same each time.
func FuzzAutoscalers(f *testing.F) {
	for _, rules := range []string{
		`rules: [{seriesQuery: "vllm:num_requests_running", name: {matches: "^vllm:(.*)", as: "${1}"}, metricsQuery: "x"}]`,
		`externalRules: [{seriesQuery: '{__name__=~"http_.*"}', metricsQuery: "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))"}]`,
		"rules: &a [*a]  # seriesQuery:", "rules: [{seriesQuery: m, name: {matches: (}}]",
	} {
		f.Add(rules, "m")
	}
	f.Fuzz(func(t *testing.T, rules, metric string) {
		x := objects.New((&cluster.Spec{}).Kinds())
		x.Add(manifest.Object{Object: &v1.ConfigMap{TypeMeta: metav1.TypeMeta{Kind: "ConfigMap"},
			Data: map[string]string{"config.yaml": rules}}})
		h := &autoscalingv2.HorizontalPodAutoscaler{TypeMeta: metav1.TypeMeta{Kind: "HorizontalPodAutoscaler"}}
		h.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: metric}}}}
		x.Add(manifest.Object{Object: h})
		nothing := func(string, string) bool { return false }
		found := exports.Autoscalers(&x, nothing)
		if len(found.Told) == 0 {
			t.Errorf("nothing is told of %q", metric)
		}
		if !slices.Equal(found.Told, exports.Autoscalers(&x, nothing).Told) {
			t.Errorf("%q is told in two ways", metric)
		}
	})
}
