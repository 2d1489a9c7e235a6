package exports

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/promql"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// Found is what autoscalers ask for, beside the CPU and memory of pods.
type Found struct {
	// Metrics are those that the simulation measures, as a scenario would have them.
	Metrics []wire.Metric
	// Told says what each of them is taken for, and of the others that nothing exports
	// them.
	Told []string
}

// Autoscalers goes over the HorizontalPodAutoscalers. given reports whether somebody has
// given a metric.
func Autoscalers(x *objects.Index, given func(namespace, name string) bool) (f Found) {
	rules, unread := rulesOf(x)
	for _, r := range x.Order {
		h, is := x.ByName[r].Object.(*autoscalingv2.HorizontalPodAutoscaler)
		if !is {
			continue
		}
		for _, m := range h.Spec.Metrics {
			if a, custom := askedBy(h, m); custom && !given(h.Namespace, a.name) {
				f.add(x, h, a, rules)
			}
		}
	}
	if len(f.Told) > 0 {
		f.Told = append(unread, f.Told...)
	}
	return f
}

// asked is a metric that an autoscaler asks for.
type asked struct {
	name    string
	object  string            // Kind/name of one of type Object
	service string            // name of the Service that it is of, "" for the pods that are scaled
	labels  map[string]string // of its series
	refused bool              // its selector is more than labels
}

func askedBy(h *autoscalingv2.HorizontalPodAutoscaler, m autoscalingv2.MetricSpec) (a asked, custom bool) {
	switch {
	case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil:
		return asked{name: m.Pods.Metric.Name}, true
	case m.Type == autoscalingv2.ObjectMetricSourceType && m.Object != nil:
		a = asked{name: m.Object.Metric.Name, object: m.Object.DescribedObject.Kind + "/" + m.Object.DescribedObject.Name}
		if m.Object.DescribedObject.Kind == "Service" {
			a.service = m.Object.DescribedObject.Name
		}
		return a, true
	case m.Type == autoscalingv2.ExternalMetricSourceType && m.External != nil:
		a = asked{name: m.External.Metric.Name}
		if s := m.External.Metric.Selector; s != nil {
			a.labels, a.refused = s.MatchLabels, len(s.MatchExpressions) > 0
		}
		return a, true
	}
	return a, false
}

// add takes a metric as measured where its name, or the adapter's rule for it, says what it is
// and something shows it.
func (f *Found) add(x *objects.Index, h *autoscalingv2.HorizontalPodAutoscaler, a asked, rules []rule) {
	told := func(format string, arguments ...any) {
		f.Told = append(f.Told, fmt.Sprintf("HorizontalPodAutoscaler %s/%s: ", h.Namespace, h.Name)+
			fmt.Sprintf(format, arguments...))
	}
	series, by := a.name, ""
	var asks promql.Query
	switch r, from := ruleFor(rules, a.name); {
	case r != nil:
		var err error
		if asks, err = r.query(from); err != nil {
			told("its metric %s has no value: of the rule of ConfigMap %s: %s; metrics of a scenario give it", a.name, r.of, err)
			return
		}
		series, by = asks.Metric, fmt.Sprintf(", as %s by the rule of ConfigMap %s,", asks.Metric, r.of)
	case rules != nil:
		told("no rule of ConfigMap %s makes its metric %s, so it can't get it; metrics of a scenario give it", rules[0].of,
			a.name)
		return
	}
	m, is := of(series)
	if by != "" && is {
		if err := m.answers(asks); err != nil {
			told("its metric %s has no value: %s", a.name, err)
			return
		}
	}
	w, what, measured := a.measured(x, h, m)
	if !is || !measured {
		told("nothing exports its metric %s%s so it can't get it; metrics of a scenario give it", a.name, cmp.Or(by, ","))
		return
	}
	window(&w, asks)
	f.measure(w)
	told("its metric %s%s is taken to be the %s", a.name, by, what)
}

// measure takes a metric in, once.
func (f *Found) measure(w wire.Metric) {
	if !slices.ContainsFunc(f.Metrics, func(other wire.Metric) bool { return reflect.DeepEqual(w, other) }) {
		f.Metrics = append(f.Metrics, w)
	}
}

// measured is the metric as a scenario would have it, and what it is in words.
func (a asked) measured(x *objects.Index, h *autoscalingv2.HorizontalPodAutoscaler, m measure) (w wire.Metric,
	what string, ok bool) {
	if a.refused {
		return w, "", false
	}
	w = wire.Metric{Name: a.name, Namespace: h.Namespace, Object: a.object, Labels: a.labels, Of: string(m.of)}
	if a.service != "" {
		_, there := x.ByName[objects.Ref("Service", h.Namespace, a.service)]
		w.Service = h.Namespace + "/" + a.service
		return w, m.words + " in front of Service " + a.service, there && m.engine == ""
	}
	to := h.Spec.ScaleTargetRef
	w.Pods = to.Kind + "/" + to.Name
	target, there := x.ByName[objects.Ref(to.Kind, h.Namespace, to.Name)]
	if !there {
		return w, "", false
	}
	pods, makes := x.TemplateOf(target)
	return w, m.words + " of " + w.Pods, makes && m.shownBy(pods.Spec)
}
