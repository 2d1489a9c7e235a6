package build

import (
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/behaviour"
	"github.com/kube-rehearse/rehearse/scenarios/modelserver"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/recognise"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// What is taken of a model server that nothing more is known of. The tokens are the
// medians of Azure's conversations of 2023 (Patel et al., Splitwise, ISCA 2024); the
// bandwidth is of weights on the node's disk (tensorfuse.io, 2025, an L40S).
const (
	assumedInput   = 1020
	assumedOutput  = 129
	assumedWeights = "464Mi/s"
)

// recognised describes a container by the program that it runs.
func (b *builder) recognised(t objects.Template, c v1.Container, p recognise.Program) (*wire.Workload, string) {
	if p.Companion != nil {
		text := fmt.Sprintf("%s container %s: %s by %s", t.Key(), c.Name, p.Name, p.By)
		return recognise.Workload(p.Companion.Workload), text + sourceText(p.Companion.Source)
	}
	s := p.Server
	text := fmt.Sprintf("%s container %s: %s by %s", t.Key(), c.Name, strings.TrimSpace(p.Name+" "+s.Version), p.By)
	if s.Model != "" {
		text += ", model " + s.Model
	}
	if len(s.Args) > 0 {
		text += ", " + strings.Join(s.Args, " ")
	}
	switch {
	case s.Embeds:
		return recognise.Workload(recognise.Embeddings), text
	case s.Engine == "":
		return recognise.Workload(recognise.OtherServer), text + "; its times are not known"
	}
	w, why := b.modelServer(t, c, s)
	if why != "" {
		text += "; the time of a token is not computed: " + why
	}
	return w, text
}

func sourceText(source string) string {
	if source == "" {
		return ""
	}
	return " (" + source + ")"
}

// modelServer describes an engine whose times are known. Where its model can't be
// timed why says what is in the way.
func (b *builder) modelServer(t objects.Template, c v1.Container, s *recognise.Server) (w *wire.Workload, why string) {
	values := map[string]any{
		"preset":  "vllm-cold",
		"service": map[string]any{"time": "lognormal(3s, 20s)", "concurrency": 0},
	}
	server := map[string]any{"model": s.Model, "engine": s.Engine, "args": s.Args}
	if s.Version != "" {
		server["engineVersion"] = s.Version
	}
	model, err := b.modelNamed(t, c, s.Model)
	if err != nil {
		return recognise.Workload(values), err.Error()
	}
	server["model"] = model.Name
	values["model"] = map[string]any{"size": fmt.Sprintf("%.0f", model.WeightBytes()), "bandwidth": assumedWeights}
	gpu, err := b.gpuFor(t)
	if err != nil {
		return recognise.Workload(values), err.Error()
	}
	server["gpu"] = gpu
	steps := []any{map[string]any{"generate": map[string]any{"input": assumedInput, "output": assumedOutput}}}
	timed := map[string]any{"preset": values["preset"], "model": values["model"],
		"service": map[string]any{"llm": server, "steps": steps, "concurrency": 0}}
	w = recognise.Workload(timed)
	if why := b.refusal(t, c, w.Service.Model); why != "" {
		return recognise.Workload(values), why
	}
	b.assumption("%s container %s: prompts of %d tokens, answers of %d; weights load at %s", t.Key(), c.Name, assumedInput,
		assumedOutput, assumedWeights)
	return w, ""
}

// refusal is what stands against a model server, "" for nothing.
func (b *builder) refusal(t objects.Template, c v1.Container, m *wire.ModelServer) (why string) {
	note := func(_, format string, arguments ...any) {
		if why == "" {
			why = fmt.Sprintf(format, arguments...)
		}
	}
	of := cluster.Workload{Kind: t.Ref.Kind, Namespace: t.Ref.Namespace, Name: t.Ref.Name, Container: c.Name}
	r := modelserver.Reader{Fault: note, Unmatched: note, Assume: func(string, ...any) {}, GPUs: b.gpusOf(of)}
	config := r.Read("", m)
	if config == nil || why != "" {
		return why
	}
	if longest := longestOf(config); longest < assumedInput+assumedOutput {
		return fmt.Sprintf("its sequences have at most %d tokens, and prompts and answers are taken to have %d", longest,
			assumedInput+assumedOutput)
	}
	return ""
}

// longestOf is how many tokens a sequence can have.
func longestOf(c *llm.Config) int {
	longest := 1 << 30
	for _, n := range []int{c.MaxModelLen, c.Model.MaxPosition} {
		if n > 0 {
			longest = min(longest, n)
		}
	}
	return longest
}

// modelNamed is the model that a server is told to serve, or one of the size that its
// name says.
func (b *builder) modelNamed(t objects.Template, c v1.Container, name string) (catalogue.Model, error) {
	if name == "" {
		return catalogue.Model{}, fmt.Errorf("nothing says which model it serves")
	}
	if m, err := catalogue.FindModel(name); err == nil {
		return m, nil
	}
	if m, billions, is := catalogue.Sized(name); is {
		b.assumption(
			"%s container %s: the catalogue lacks %s; it is taken to be like %s, for the %gB of its name (give its config.json: service.llm.model)",
			t.Key(), c.Name, name, m.Name, billions)
		return m, nil
	}
	return catalogue.Model{}, fmt.Errorf("the catalogue lacks %s: give its config.json (service.llm.model)", name)
}

// meanText is a law of times in a word.
func meanText(d *wire.DurationDist) string {
	mean := time.Duration(d.Mean() * float64(time.Second))
	step := time.Second
	for step > mean/100 && step > time.Microsecond { // two digits and a little
		step /= 10
	}
	text := mean.Round(step).String()
	if _, same := d.Dist.(distribution.Constant); !same {
		text += " on average"
	}
	return text
}

// assumeProgram gives a container that nothing describes the behaviour of what it is
// recognised as.
func (b *builder) assumeProgram(t objects.Template, c v1.Container, p recognise.Program, serves bool) {
	from, text := b.recognised(t, c, p)
	w := cluster.Workload{Kind: t.Ref.Kind, Namespace: t.Ref.Namespace, Name: t.Ref.Name, Container: c.Name}
	from.Target = t.Ref.Kind + "/" + t.Ref.Name
	b.assumption("%s", text)
	if !serves {
		from.Service = nil
	}
	b.preset("", from)
	limit := c.Resources.Limits.Memory().Value()
	if base := from.Memory.Base; limit > 0 && base != nil && int64(*base) > limit/2 {
		*base = wire.Size(limit / 2)
		b.assumption("%s container %s: half of its limit is its memory, as what it usually takes is more", t.Key(), c.Name)
	}
	w.Behaviour = behaviour.Reader{Fault: b.fault}.Read("", from)
	if from.Service != nil {
		w.Server = b.server("service", from.Service, w)
	}
	b.callsOf(t, c, &w)
	told := fmt.Sprintf("%s container %s: image %s, listens %s after its start, memory %s", t.Key(), c.Name,
		bytesText(w.Behaviour.ImageSize), meanText(from.Start), bytesText(w.Behaviour.Memory.Base))
	if n := w.Behaviour.Memory.PerRequest; n > 0 {
		told += " + " + bytesText(n) + " a request in flight"
	}
	if s := from.Service; s != nil && s.Time != nil {
		told += fmt.Sprintf(", requests take %s", meanText(s.Time))
	}
	told += b.assumeTask(t, &w)
	b.assumption("%s", told)
	b.guessed(t, c, w)
}
