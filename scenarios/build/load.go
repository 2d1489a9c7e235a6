package build

import (
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/scenarios/callgraph"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/recognise"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// assumeTraffic sends --rps to the entrances; without any, to model servers that have
// no Service.
func (b *builder) assumeTraffic() {
	rate := b.options.RPS
	if rate == 0 {
		b.assumption("no load was given (--rps), so no requests are sent")
		return
	}
	graph := callgraph.Graph{Objects: &b.objects, Routed: b.routed, Hooked: b.hooked}
	b.calls = graph.Calls()
	entrances, how := graph.Entrances()
	if len(entrances) == 0 {
		entrances, how = b.directly()
	}
	for _, s := range entrances {
		b.spec.Traffic = append(b.spec.Traffic, load.Traffic{
			Name: s.Namespace + "/" + s.Name, Namespace: s.Namespace, Service: s.Name, Rate: load.Constant{PerSecond: rate},
			Timeout: assumedTimeout,
		})
		b.entered = append(b.entered, how)
	}
	if len(b.spec.Traffic) == 0 && !b.podsMissing() {
		b.Add(0, "--rps", "must have a Service that selects pods to send requests to, or a model server")
	}
}

// directly gives model servers that no Service leads to one, as the endpoint picker of
// an InferencePool sends requests to the pods themselves.
func (b *builder) directly() (list []*v1.Service, how string) {
	for _, t := range b.objects.Templates() {
		if t.Ends || len(t.Labels) == 0 || !slices.ContainsFunc(t.Spec.Containers, func(c v1.Container) bool {
			p, is := recognise.Of(&c)
			return is && p.Server != nil
		}) {
			continue
		}
		s := &v1.Service{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
			ObjectMeta: metav1.ObjectMeta{Namespace: t.Ref.Namespace, Name: t.Ref.Name},
			Spec:       v1.ServiceSpec{Selector: t.Labels, Ports: []v1.ServicePort{{Port: 80}}, ClusterIP: v1.ClusterIPNone},
		}
		for _, c := range t.Spec.Containers {
			if len(c.Ports) > 0 {
				s.Spec.Ports[0].Port = c.Ports[0].ContainerPort
				break
			}
		}
		s.Spec.Ports[0].TargetPort.IntVal = s.Spec.Ports[0].Port
		if _, taken := b.objects.Add(manifest.Object{Object: s}); taken {
			continue
		}
		b.spec.Objects = append(b.spec.Objects, s)
		list = append(list, s)
	}
	return list, "to its pods themselves, as behind an InferencePool: it has no Service"
}

// loadAfter begins the load when what serves it is expected to listen, and states it.
func (b *builder) loadAfter() {
	serving := b.serving(nil)
	described := map[string]*cluster.Workload{} // by container: all are assumed, each for one
	for i := range b.spec.Workloads {
		w := &b.spec.Workloads[i]
		described[objects.Template{Ref: objects.Ref(w.Kind, w.Namespace, w.Name)}.Key()+" "+w.Container] = w
	}
	start := assumedWarmUp
	for t := range b.objects.EveryTemplate {
		if serving[t.Ref] {
			start = max(start, b.expected(t, described))
		}
	}
	if after := b.options.LoadAfter; after != nil {
		start = *after
	}
	for i, how := range b.entered {
		stream := &b.spec.Traffic[i]
		stream.Start = sim.Time(start)
		b.assumption("Service %s: %v requests/s from %s on, Poisson, clients wait %s (%s)", stream.Name, b.options.RPS, start,
			assumedTimeout, how)
	}
}

// expected is when the pods of a template can be expected to listen, in whole minutes:
// when their images are pulled, and half more than their start takes on average.
func (b *builder) expected(t objects.Template, described map[string]*cluster.Workload) time.Duration {
	var pulled int64
	slowest := 0.0
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		if w := described[t.Key()+" "+c.Name]; w != nil {
			pulled += w.Behaviour.ImageSize
			slowest = max(slowest, startOf(w))
		}
	}
	seconds := float64(pulled)/b.spec.ImageBandwidth + 1.5*slowest
	return time.Duration(seconds*float64(time.Second)).Truncate(time.Minute) + time.Minute
}

// startOf is how long a container takes until it listens, on average, in seconds.
func startOf(w *cluster.Workload) float64 {
	seconds := 0.0
	if w.Behaviour.Start != nil {
		seconds += w.Behaviour.Start.Mean()
	}
	m := w.Behaviour.Model
	if m.Load != nil {
		seconds += m.Load.Mean()
	}
	if m.BytesPerSecond > 0 {
		seconds += float64(m.Bytes) / m.BytesPerSecond
	}
	return seconds
}

// callsOf adds the calls that a container is taken to make to what it does for a
// request.
func (b *builder) callsOf(t objects.Template, c v1.Container, w *cluster.Workload) {
	keys := b.calls[t.Key()+" "+c.Name]
	if w.Server.Program == nil || len(keys) == 0 {
		return
	}
	for _, key := range keys {
		w.Server.Program = append(w.Server.Program, load.Call{Service: key})
	}
	b.assumption("%s container %s: each request calls %s, which it names, one after the other", t.Key(), c.Name,
		strings.Join(keys, ", "))
}
