package exports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/promql"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
)

// leastWindow is the shortest window of rate() that holds two samples of Prometheus'
// scrapes each 15 s.
const leastWindow = 30 * time.Second

// Triggers goes over those of ScaledObjects that ask Prometheus, as Autoscalers does.
func Triggers(x *objects.Index, given func(namespace, name string) bool) (f Found) {
	for _, r := range x.Order {
		s, is := x.ByName[r].Object.(*keda.ScaledObject)
		if !is {
			continue
		}
		if !HasTarget(x, s) {
			continue
		}
		for i := range s.Spec.Triggers {
			if t := &s.Spec.Triggers[i]; t.Type == "prometheus" && t.Metadata["query"] != "" && !given(s.Namespace, t.Source()) {
				f.trigger(x, s, t)
			}
		}
	}
	return f
}

// HasTarget reports whether what a ScaledObject scales is among the manifests.
func HasTarget(x *objects.Index, s *keda.ScaledObject) bool {
	_, there := x.ByName[objects.Ref(s.TargetKind(), s.Namespace, s.Spec.ScaleTargetRef.Name)]
	return there
}

// WithoutValue is why a ScaledObject does not work: its target is not there, or a trigger
// has no value; "" where it does. given is as of Triggers.
func WithoutValue(x *objects.Index, s *keda.ScaledObject, given func(namespace, name string) bool) string {
	target := HasTarget(x, s)
	for i, t := range s.Spec.Triggers {
		switch resource, wants := t.IsResource(), t.Source(); {
		case !target && !resource && wants != "":
			return fmt.Sprintf("it scales %s %s, which is not among the manifests, by %.200s", s.TargetKind(),
				s.Spec.ScaleTargetRef.Name, wants)
		case !target:
			return fmt.Sprintf("it scales %s %s, which is not among the manifests", s.TargetKind(), s.Spec.ScaleTargetRef.Name)
		case !resource && !given(s.Namespace, wants):
			return fmt.Sprintf("its trigger %s (%s) has no value without a scenario's queues or metrics", s.MetricName(i),
				t.Type)
		}
	}
	return ""
}

// trigger takes the query of a trigger as measured where it asks for what the simulation
// measures of pods of the manifests.
func (f *Found) trigger(x *objects.Index, s *keda.ScaledObject, t *keda.Trigger) {
	text := t.Metadata["query"]
	told := func(format string, arguments ...any) {
		f.Told = append(f.Told, fmt.Sprintf("ScaledObject %s/%s: its query %.200s ", s.Namespace, s.Name, text)+
			fmt.Sprintf(format, arguments...))
	}
	q, err := promql.Read(text)
	if err != nil {
		told("has no value: %s; metrics of a scenario give it, by that name", err)
		return
	}
	m, is := of(q.Metric)
	if !is {
		told("has no value, since nothing exports %s; metrics of a scenario give it, by that name", q.Metric)
		return
	}
	if err := m.answers(q); err != nil {
		told("has no value: %s", err)
		return
	}
	w := wire.Metric{Name: t.Source(), Namespace: s.Namespace, Of: string(m.of)}
	if q.Quantile == 0 {
		w.Total = string(q.Total)
	}
	window(&w, q)
	pods, unread := shown(x, s, m, q.Matchers)
	switch {
	case len(pods) == 0:
		told("has no value, since no pod of the manifests shows %s", q.Metric)
		return
	case len(pods) > 1 && (q.Total == cluster.Avg || q.Total == cluster.Max || q.Quantile > 0):
		told("has no value: it is of the pods of %s, of which one number is not computed", strings.Join(pods, " and "))
		return
	}
	for _, p := range pods {
		w.Pods = p
		f.measure(w)
	}
	told("is taken to be the %s of %s%s", m.words, strings.Join(pods, " and "), unread)
}

// answers reports whether the measure can answer a query of it.
func (m measure) answers(q promql.Query) error {
	switch counts := m.of == cluster.Requests; {
	case counts != (q.Rate > 0 && q.Quantile == 0), (m.of == cluster.Latency) != (q.Quantile > 0):
		return fmt.Errorf("%s is %s, which it does not ask for so", q.Metric, m.words)
	case q.Rate > 0 && q.Rate < leastWindow:
		return fmt.Errorf("%s holds less than two scrapes, which are 15s apart", q.Rate)
	}
	return nil
}

// window gives a metric the window and the quantile of a query.
func window(w *wire.Metric, q promql.Query) {
	if q.Rate > 0 {
		rate := wire.Duration(q.Rate)
		w.Rate = &rate
	}
	if q.Quantile > 0 {
		share := wire.Share(q.Quantile)
		w.Quantile = &share
	}
}

// shown are the workloads of the ScaledObject's namespace whose pods show a measure and are
// meant by the matchers, as Kind/name, and in words the matchers that say nothing of pods.
// Any pods show what no engine does; then those that are scaled are meant, unless the
// matchers say others.
func shown(x *objects.Index, s *keda.ScaledObject, m measure, matchers []*labels.Matcher) (list []string,
	unread string) {
	var rest []string
	for _, l := range matchers {
		if _, read := values[l.Name]; !read && l.Name != "namespace" {
			rest = append(rest, l.String())
		}
	}
	if rest != nil {
		unread = ", whatever its " + strings.Join(rest, ", ")
	}
	target := s.TargetKind() + "/" + s.Spec.ScaleTargetRef.Name
	for _, t := range x.Templates() {
		key := t.Ref.Kind + "/" + t.Ref.Name
		if t.Ref.Namespace != s.Namespace || !meant(x, t, matchers) || m.engine == "" && len(matchers) == len(rest) &&
			key != target {
			continue
		}
		if m.shownBy(t.Spec) {
			list = append(list, key)
		}
	}
	return list, unread
}

// meant reports whether the matchers may mean pods of a workload.
func meant(x *objects.Index, t objects.Template, matchers []*labels.Matcher) bool {
	for _, l := range matchers {
		if l.Name == "namespace" && !l.Matches(t.Ref.Namespace) {
			return false
		}
		if of, read := values[l.Name]; read && !slices.ContainsFunc(of(x, t), l.Matches) {
			return false
		}
	}
	return true
}

// values are what the labels of series can say of the pods that show them, as the usual
// scrape configurations set them (kube-prometheus, and the example of Prometheus for
// Kubernetes).
var values = map[string]func(x *objects.Index, t objects.Template) []string{
	"pod":                        podNames,
	"pod_name":                   podNames,
	"kubernetes_pod_name":        podNames,
	"container":                  containers,
	"container_name":             containers,
	"deployment":                 name,
	"workload":                   name,
	"service":                    services,
	"job":                        services,
	"app":                        label("app"),
	"app_kubernetes_io_name":     label("app.kubernetes.io/name"),
	"app_kubernetes_io_instance": label("app.kubernetes.io/instance"),
}

func name(_ *objects.Index, t objects.Template) []string { return []string{t.Ref.Name} }

func label(key string) func(*objects.Index, objects.Template) []string {
	return func(_ *objects.Index, t objects.Template) []string { return []string{t.Labels[key]} }
}

// podNames are names that pods of a workload may get, one of each form.
func podNames(_ *objects.Index, t objects.Template) []string {
	list := []string{t.Ref.Name, t.Ref.Name + "-5d8f6c7b9x-x2k7w", t.Ref.Name + "-x2k7w"}
	for i := range 10 {
		list = append(list, t.Ref.Name+"-"+strconv.Itoa(i))
	}
	return list
}

func containers(_ *objects.Index, t objects.Template) (list []string) {
	for _, c := range t.Spec.Containers {
		list = append(list, c.Name)
	}
	return list
}

// services are the Services that select the pods.
func services(x *objects.Index, t objects.Template) (list []string) {
	for _, s := range x.Services() {
		for _, o := range x.Selected(s) {
			if o.Ref == t.Ref {
				list = append(list, s.Name)
			}
		}
	}
	return list
}
