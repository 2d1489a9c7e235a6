package build

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Defaults of a server's limits.
const (
	defaultConcurrency = 32
	defaultQueue       = 128
)

// workloads reads how containers behave.
func (b *builder) workloads(list []wire.Workload) {
	for i, w := range list {
		at := fmt.Sprintf("workloads[%d]", i)
		if b.broken(at) {
			continue
		}
		described := cluster.Workload{Namespace: w.Namespace, Container: w.Container, Indexes: b.indexes(at, w)}
		if w.Target != "*" {
			kind, name, found := strings.Cut(w.Target, "/")
			if !found {
				b.fault(at+".target", "must be Kind/name or *, got %.80q", w.Target)
				continue
			}
			described.Kind, described.Name = kind, name
		}
		if !b.describesSomething(described) {
			b.unmatched(at+".target", "must match a container of the manifests, got %s%s", w.Target,
				b.objects.Near(w.Target, b.namespace(w.Namespace), b.objects.Kinds.Names((*kinds.Kind).HasPods)...))
		}
		b.preset(at, &w)
		described.Behaviour = b.behaviour(at, w)
		if w.Service != nil {
			described.Server = b.server(at+".service", w.Service, described)
		}
		b.spec.Workloads = append(b.spec.Workloads, described)
	}
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

func (b *builder) behaviour(at string, w wire.Workload) kubelet.Behaviour {
	k := kubelet.Behaviour{
		ImageSize: value(w.Image.Size), Start: law(w.Start),
		Memory: b.memory(at+".memory", &w.Memory),
	}
	b.cpu(at+".cpu", &w.CPU, &k.CPU)
	if w.UnhealthyAfter != nil {
		k.UnhealthyAfter = time.Duration(*w.UnhealthyAfter)
	}
	switch w.OnTerminate {
	case "", "drain":
		k.OnTerminate = kubelet.Drain
	case "exit":
		k.OnTerminate = kubelet.Exit
	case "ignore":
		k.OnTerminate = kubelet.Ignore
	default:
		b.fault(at+".onTerminate", "must be drain, exit or ignore, got %.60q", w.OnTerminate)
	}
	b.task(at, w, &k)
	if m := w.Model; m != nil {
		sized := m.Size != nil || m.Bandwidth != nil
		switch {
		case sized == (m.Load != nil) || (sized && (m.Size == nil || m.Bandwidth == nil)):
			b.fault(at+".model", "must have size and bandwidth, or load")
		case m.Load != nil:
			k.Model.Load = m.Load.Dist
		case *m.Bandwidth == 0:
			b.fault(at+".model.bandwidth", "must be positive, got 0")
		default:
			k.Model.Bytes, k.Model.BytesPerSecond = int64(*m.Size), float64(*m.Bandwidth)
		}
	}
	return k
}

func (b *builder) cpu(at string, c *wire.CPU, k *kubelet.CPU) {
	if c.Idle != nil {
		k.Idle = float64(*c.Idle)
	}
	k.Start = law(c.Start)
	if c.Probe != nil {
		k.Probe = time.Duration(*c.Probe).Seconds()
	}
	for _, threads := range []struct {
		name string
		from *int
		to   *int
	}{{"startThreads", c.StartThreads, &k.StartThreads}, {"runThreads", c.RunThreads, &k.RunThreads},
		{"threads", c.Threads, &k.Threads}} {
		if threads.from == nil {
			continue
		}
		if *threads.to = *threads.from; *threads.to < 1 || *threads.to > 4096 {
			b.fault(at+"."+threads.name, "must be from 1 to 4096, got %d", *threads.to)
		}
	}
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
		server.Sessions = load.SessionState{Bytes: value(state.Memory), PerTurn: value(state.PerTurn)}
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

func value(s *wire.Size) int64 {
	if s == nil {
		return 0
	}
	return int64(*s)
}

func law(d *wire.DurationDist) distribution.Dist {
	if d == nil {
		return nil
	}
	return d.Dist
}
