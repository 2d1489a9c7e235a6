package build

import (
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/callgraph"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/recognise"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// assumeTraffic sends --rps to what it names, and what names nothing to the entrances;
// without any, to model servers that have no Service.
func (b *builder) assumeTraffic() {
	if !slices.ContainsFunc(b.rates, func(g givenRate) bool { return g.perSecond > 0 }) {
		b.assumption("no load was given (--rps), so no requests are sent")
		return
	}
	graph := callgraph.Graph{Objects: &b.objects, Routed: b.routed, Hooked: b.hooked}
	b.calls = graph.Calls()
	entrances, how := graph.Entrances()
	everywhere := 0.0
	for _, g := range b.rates {
		if g.target == "" {
			everywhere = g.perSecond
			continue
		}
		b.enter(g)
	}
	if everywhere == 0 {
		return
	}
	if len(entrances) == 0 {
		entrances, how = b.directly()
	}
	for _, s := range entrances {
		if !b.sends(s) {
			b.send(s, everywhere, how)
		}
	}
	if len(b.spec.Traffic) == 0 && !b.podsMissing() {
		b.Add(0, "--rps", "must have a Service that selects pods to send requests to, or a model server; to send them "+
			"to the pods of a workload itself: --rps Deployment/name=RATE")
	}
}

// directly gives model servers that no Service leads to one.
func (b *builder) directly() (list []*v1.Service, how string) {
	for _, t := range b.objects.Templates() {
		if slices.ContainsFunc(t.Spec.Containers, func(c v1.Container) bool {
			p, is := recognise.Of(&c)
			return is && p.Server != nil
		}) {
			if s := b.toPods(t); s != nil {
				list = append(list, s)
			}
		}
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
	for i, e := range b.entered {
		stream := &b.spec.Traffic[i]
		stream.Start = sim.Time(start)
		b.assumption("Service %s: %v requests/s from %s on, Poisson, clients wait %s (%s)", stream.Name, e.perSecond, start,
			assumedTimeout, e.how)
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
