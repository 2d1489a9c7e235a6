package build

import (
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// externals reads what containers call outside the cluster.
func (b *builder) externals(list []wire.External) {
	for i, e := range list {
		at := fmt.Sprintf("externals[%d]", i)
		if b.broken(at) {
			continue
		}
		if e.Name == "" || e.Time == nil {
			continue // which was said
		}
		made := load.External{Name: cluster.ExternalKey(e.Name), Time: e.Time.Dist}
		if _, real := b.objects.ByName[objects.Ref("Service", "external", e.Name)]; real {
			b.unmatched(at+".name", "must be another than that of Service %s of namespace external, got %q", e.Name, e.Name)
		}
		if b.external(e.Name) {
			b.fault(at+".name", "must be unique, got %q twice", e.Name)
		}
		if e.FailureRate != nil {
			made.FailureRate = float64(*e.FailureRate)
		}
		if e.RateLimit != nil {
			made.Rate = float64(*e.RateLimit)
			made.Burst = max(1, int(made.Rate))
			if made.Rate == 0 {
				b.fault(at+".rateLimit", "must be above 0, got 0")
			}
		}
		if e.Burst != nil {
			made.Burst = *e.Burst
			switch {
			case e.RateLimit == nil:
				b.fault(at+".burst", "must be left out without rateLimit, got %d", made.Burst)
			case made.Burst < 1:
				b.fault(at+".burst", "must be at least 1, got %d", made.Burst)
			}
		}
		for k, o := range e.Outages {
			if o.At == nil || o.For == nil {
				continue
			}
			from := sim.Time(*o.At)
			if k > 0 && len(made.Outages) == k && from < made.Outages[k-1].To {
				b.fault(fmt.Sprintf("%s.outages[%d].at", at, k), "must be after the outage before, which ends at %s, got %s",
					made.Outages[k-1].To, from)
			}
			made.Outages = append(made.Outages, load.Span{From: from, To: from.Add(time.Duration(*o.For))})
		}
		b.spec.Externals = append(b.spec.Externals, made)
	}
}

func (b *builder) external(name string) bool {
	return slices.ContainsFunc(b.spec.Externals, func(e load.External) bool { return e.Name == cluster.ExternalKey(name) })
}

// program reads the steps of a request.
func (b *builder) program(at string, list []wire.WorkStep) []load.Step {
	steps := []load.Step{}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		given := 0
		for _, is := range []bool{s.CPU != nil, s.Wait != nil, s.Call != nil, s.Tool != nil, s.Generate != nil,
			s.Repeat != nil, s.Chance != nil} {
			if is {
				given++
			}
		}
		if given != 1 {
			b.fault(at, "must have exactly one of cpu, wait, call, tool, generate, repeat, chance, got %d", given)
			continue
		}
		switch {
		case s.Threads != nil && s.CPU == nil:
			b.fault(at+".threads", "must be left out without cpu, got %d", *s.Threads)
		case s.Threads != nil && (*s.Threads < 1 || *s.Threads > 4096):
			b.fault(at+".threads", "must be from 1 to 4096, got %d", *s.Threads)
		}
		switch {
		case s.CPU != nil:
			step := load.Compute{Time: s.CPU.Dist}
			if s.Threads != nil {
				step.Threads = *s.Threads
			}
			steps = append(steps, step)
		case s.Wait != nil:
			steps = append(steps, load.Wait{Time: s.Wait.Dist})
		case s.Call != nil:
			steps = append(steps, b.call(at+".call", s.Call))
		case s.Tool != nil:
			steps = append(steps, tool(s.Tool))
		case s.Generate != nil:
			step := load.Generate{}
			if s.Generate.Input != nil {
				step.Input = s.Generate.Input.Dist
			}
			if s.Generate.Output != nil {
				step.Output = s.Generate.Output.Dist
			}
			steps = append(steps, step)
		case s.Repeat != nil && s.Repeat.Times != nil:
			step := load.Repeat{Times: s.Repeat.Times.Dist, Steps: b.program(at+".repeat.steps", s.Repeat.Steps)}
			b.comesForward(at+".repeat.times", step)
			steps = append(steps, step)
		case s.Chance != nil && s.Chance.Probability != nil:
			steps = append(steps, load.Chance{Probability: float64(*s.Chance.Probability),
				Steps: b.program(at+".chance.steps", s.Chance.Steps)})
		}
	}
	return steps
}

func (b *builder) call(at string, c *wire.CallStep) load.Call {
	call := load.Call{Optional: c.Optional, Client: load.Client{Retry: b.retry(at+".retry", c.Retry),
		Balance: b.balance(at+".balance", c.Balance)}}
	if call.Client.Balance == load.ConsistentHash {
		b.fault(at+".balance", "must be random, round-robin, least-request or prefix-aware for calls, got %q", c.Balance)
	}
	if c.Timeout != nil {
		call.Client.Timeout = time.Duration(*c.Timeout)
	}
	if c.Count != nil {
		call.Count = c.Count.Dist
	}
	b.talk(at, c, &call)
	switch {
	case (c.Service == "") == (c.External == ""):
		b.fault(at, "must have exactly one of service, external")
	case c.External != "":
		call.Service = cluster.ExternalKey(c.External)
		if !b.external(c.External) {
			b.unmatched(at+".external", "must be one of externals, got %.80q", c.External)
		}
	default:
		namespace, name, found := strings.Cut(c.Service, "/")
		if !found {
			namespace, name = b.namespace(""), c.Service
		}
		call.Service = namespace + "/" + name
		if _, known := b.objects.ByName[objects.Ref("Service", namespace, name)]; !known {
			b.unmatched(at+".service", "must be namespace/name of a Service of the manifests, got %.80q", c.Service)
		}
	}
	return call
}

func (b *builder) retry(at string, r *wire.Retry) load.Retry {
	if r == nil || r.Attempts == nil {
		return load.Retry{}
	}
	retry := load.Retry{Attempts: *r.Attempts, Base: 100 * time.Millisecond, Factor: 2}
	if retry.Attempts < 0 || retry.Attempts > 1000 {
		b.fault(at+".attempts", "must be from 0 to 1000, got %d", retry.Attempts)
	}
	if r.Base != nil {
		retry.Base = time.Duration(*r.Base)
	}
	if r.Max != nil {
		retry.Max = time.Duration(*r.Max)
	}
	if r.Factor != nil {
		retry.Factor = *r.Factor
		if !(retry.Factor >= 1 && retry.Factor <= 100) {
			b.fault(at+".factor", "must be from 1 to 100, got %v", retry.Factor)
		}
	}
	if r.Jitter != nil {
		retry.Jitter = float64(*r.Jitter)
	}
	return retry
}

func (b *builder) balance(at, name string) load.Balance {
	switch name {
	case "", "random":
	case "round-robin":
		return load.RoundRobin
	case "least-request":
		return load.LeastRequest
	case "consistent-hash":
		return load.ConsistentHash
	case "prefix-aware":
		return load.PrefixAware
	default:
		b.fault(at, "must be random, round-robin, least-request, consistent-hash or prefix-aware, got %.60q", name)
	}
	return load.Random
}

// calls lists the keys of the Services that steps call.
func calls(steps []load.Step) []string {
	var list []string
	for _, step := range steps {
		switch s := step.(type) {
		case load.Call:
			list = append(list, s.Service)
		case load.Repeat:
			list = append(list, calls(s.Steps)...)
		case load.Chance:
			list = append(list, calls(s.Steps)...)
		}
	}
	return list
}

// behind lists the descriptions of the containers behind a Service.
func (b *builder) behind(s *v1.Service) []int {
	var list []int
	for _, t := range b.objects.Selected(s) {
		for _, c := range t.Spec.Containers {
			found := false
			for i, w := range b.spec.Workloads {
				if all := w.Pods.All(); w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) && !(all && found) {
					list = append(list, i)
					found = found || all
				}
			}
		}
	}
	return list
}

// refuseCycles finds Services whose requests call the Service itself in the
// end: one request would make others without end.
func (b *builder) refuseCycles() {
	const underway, done = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(s *v1.Service)
	visit = func(s *v1.Service) {
		key := s.Namespace + "/" + s.Name
		state[key] = underway
		path = append(path, key)
		for _, i := range b.behind(s) {
			for _, callee := range calls(b.spec.Workloads[i].Server.Program) {
				namespace, name, _ := strings.Cut(callee, "/")
				next, is := b.objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service)
				if !is {
					continue
				}
				switch state[callee] {
				case underway:
					cycle := append(slices.Clone(path[slices.Index(path, callee):]), callee)
					b.fault(fmt.Sprintf("workloads[%d].service.steps", b.entries[i]),
						"must not lead back to where it comes from, got %s",
						strings.Join(cycle, " calls "))
				case 0:
					visit(next)
				}
			}
		}
		path = path[:len(path)-1]
		state[key] = done
	}
	for _, s := range b.objects.Services() {
		if state[s.Namespace+"/"+s.Name] == 0 {
			visit(s)
		}
	}
}
