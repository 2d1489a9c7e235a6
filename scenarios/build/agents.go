package build

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// tool reads a tool of an agent.
func tool(t *wire.ToolStep) load.Step {
	made := load.Tool{Time: distribution.Constant(0)}
	if t.Time != nil {
		made.Time = t.Time.Dist
	}
	if t.Memory != nil {
		made.Memory = t.Memory.Dist
	}
	if t.CPU != nil {
		made.CPU = float64(*t.CPU)
	}
	return made
}

// talk reads what a call brings to a model.
func (b *builder) talk(at string, c *wire.CallStep, call *load.Call) {
	switch c.Context {
	case "", "grow":
	case "fresh":
		call.Context = load.Alone
	case "inherit":
		call.Context = load.Inherit
	case "fork":
		call.Context = load.Fork
	default:
		b.fault(at+".context", "must be grow, fresh, inherit or fork, got %.60q", c.Context)
	}
	if k := c.Tokens; k != nil && k.Input != nil && k.Output != nil {
		call.Tokens = &load.TokenLaw{Input: k.Input.Dist, Output: k.Output.Dist}
		if k.Shared != nil {
			call.Tokens.Shared = int32(*k.Shared)
			if *k.Shared < 0 || *k.Shared > 1<<24 {
				b.fault(at+".tokens.shared", "must be from 0 to %d, got %d", 1<<24, *k.Shared)
			}
		}
	}
	if k := c.Compact; k != nil && k.At != nil && k.To != nil {
		call.Compaction = load.Compaction{At: int32(*k.At), To: int32(*k.To)}
		switch {
		case *k.At < 1 || *k.At > 1<<24:
			b.fault(at+".compact.at", "must be from 1 to %d, got %d", 1<<24, *k.At)
		case *k.To < 1 || *k.To >= *k.At:
			b.fault(at+".compact.to", "must be from 1 to less than at, %d, got %d", *k.At, *k.To)
		}
	}
}

// answers reports whether a model answers the requests of a Service in the end,
// be it behind others.
func (b *builder) answers(key string) bool { return b.reaches(key, map[string]bool{}) }

func (b *builder) reaches(key string, seen map[string]bool) bool {
	if seen[key] {
		return false
	}
	seen[key] = true
	namespace, name, _ := strings.Cut(key, "/")
	s, is := b.objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service)
	return is && slices.ContainsFunc(b.behind(s), func(i int) bool {
		program := b.spec.Workloads[i].Server.Program
		return generates(program) ||
			slices.ContainsFunc(calls(program), func(callee string) bool { return b.reaches(callee, seen) })
	})
}

// generates reports whether steps ask the container's own model.
func generates(steps []load.Step) bool {
	return slices.ContainsFunc(steps, func(step load.Step) bool {
		switch s := step.(type) {
		case load.Generate:
			return true
		case load.Repeat:
			return generates(s.Steps)
		case load.Chance:
			return generates(s.Steps)
		}
		return false
	})
}

// conversations tells each call whether a model answers it, and refuses what is
// said of prompts where none does.
func (b *builder) conversations() {
	for i := range b.spec.Workloads {
		at := fmt.Sprintf("workloads[%d].service.steps", i)
		b.spec.Workloads[i].Server.Program = b.talks(at, b.spec.Workloads[i].Server.Program)
	}
	for i, stream := range b.spec.Traffic {
		if key := stream.Namespace + "/" + stream.Service; stream.Tokens != nil && stream.Queue == "" && !b.answers(key) {
			b.unmatched(fmt.Sprintf("traffic[%d].tokens", i),
				"must be left out: no container behind %s has a model or calls one that does", key)
		}
	}
}

func (b *builder) talks(at string, steps []load.Step) []load.Step {
	made := slices.Clone(steps)
	for i, step := range steps {
		switch s := step.(type) {
		case load.Call:
			said := s.Tokens != nil || s.Context != load.Grow || s.Compaction != load.Compaction{}
			if s.Talks = b.answers(s.Service); said && !s.Talks {
				b.unmatched(at, "must say tokens, context and compact only of calls that a model answers, got them of %s",
					s.Service)
			}
			made[i] = s
		case load.Repeat:
			s.Steps = b.talks(at, s.Steps)
			made[i] = s
		case load.Chance:
			s.Steps = b.talks(at, s.Steps)
			made[i] = s
		}
	}
	return made
}
