package build

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/behaviour"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/scenarios/written"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Defaults of a server's limits.
const (
	defaultConcurrency = 32
	defaultQueue       = 128
)

// workloads reads how containers behave: first the entries for all pods, on which those
// for some of them rest.
func (b *builder) workloads(list []wire.Workload) {
	b.described = list
	var some []func()
	for i, w := range list {
		of, ok := b.target(i, w)
		b.checkHooks(fmt.Sprintf("workloads[%d].hooks", i), of, w.Hooks)
		written.Check(&b.objects, of, w.Storage, func(field, format string, arguments ...any) {
			b.unmatched(fmt.Sprintf("workloads[%d].storage.%s", i, field), format, arguments...)
		})
		switch {
		case !ok:
		case of.Pods.All():
			b.preset(fmt.Sprintf("workloads[%d]", i), &w)
			b.describe(i, of, w)
		default:
			some = append(some, func() { b.describeSome(i, of, w) })
		}
	}
	for _, describe := range some {
		describe()
	}
}

// target is which containers an entry is for.
func (b *builder) target(i int, w wire.Workload) (of cluster.Workload, ok bool) {
	at := fmt.Sprintf("workloads[%d]", i)
	if b.broken(at) {
		return of, false
	}
	of = cluster.Workload{Namespace: w.Namespace, Container: w.Container, Pods: b.somePods(at, i, w)}
	if w.Target != "*" {
		kind, name, found := strings.Cut(b.objects.Kinds.Canonical(w.Target), "/")
		if !found {
			b.fault(at+".target", "must be Kind/name or *, got %.80q", w.Target)
			return of, false
		}
		of.Kind, of.Name = kind, name
	}
	if !b.describesSomething(of) {
		b.unmatched(at+".target", "must match a container of the manifests, got %s%s", w.Target,
			b.objects.Near(w.Target, b.namespace(w.Namespace), b.objects.Kinds.Names((*kinds.Kind).HasPods)...))
	}
	return of, true
}

// describe takes in what an entry says of containers.
func (b *builder) describe(i int, of cluster.Workload, w wire.Workload) {
	at := fmt.Sprintf("workloads[%d]", i)
	of.Behaviour = behaviour.Reader{Fault: b.fault}.Read(at, &w)
	if w.Service != nil {
		of.Server = b.server(at+".service", w.Service, of)
	}
	b.spec.Workloads = append(b.spec.Workloads, of)
	b.entries = append(b.entries, i)
}

// describesSomething reports whether a description fits any container.
func (b *builder) describesSomething(w cluster.Workload) bool {
	for t := range b.objects.EveryTemplate {
		for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
			if w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				return true
			}
		}
	}
	return false
}

func (b *builder) server(at string, s *wire.Server, of cluster.Workload) load.Server {
	server := load.Server{Concurrency: defaultConcurrency, Queue: defaultQueue}
	if s.Concurrency != nil {
		server.Concurrency = *s.Concurrency
	}
	if s.Queue != nil {
		server.Queue = *s.Queue
	}
	if server.Concurrency < 0 {
		b.fault(at+".concurrency", "must be at least 0, got %d", server.Concurrency)
	}
	if server.Queue < -1 {
		b.fault(at+".queue", "must be at least -1, got %d", server.Queue)
	}
	if state := s.Sessions; state != nil {
		server.Sessions = load.SessionState{Bytes: behaviour.Bytes(state.Memory), PerTurn: behaviour.Bytes(state.PerTurn)}
		if state.Timeout != nil {
			server.Sessions.Timeout = time.Duration(*state.Timeout)
		}
	}
	if s.Model != nil {
		server.Model = b.model(at+".llm", s.Model, of)
	}
	switch {
	case s.Model != nil && s.Time == nil && s.Steps == nil:
		server.Program = []load.Step{load.Generate{}}
	case (s.Time == nil) == (s.Steps == nil):
		b.fault(at, "must have exactly one of time, steps")
	case s.Steps != nil:
		if s.CPU != nil {
			b.fault(at+".cpu", "must be left out with steps, which have their own")
		}
		server.Program = b.program(at+".steps", s.Steps)
	default:
		work := load.Work{Time: s.Time.Dist}
		if s.CPU != nil {
			work.CPU = float64(*s.CPU)
		}
		server.Program = []load.Step{work}
	}
	return server
}
