package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// traffic reads the streams of requests.
func (b *builder) traffic(list []wire.Traffic) {
	names := map[string]bool{}
	for i, t := range list {
		at := fmt.Sprintf("traffic[%d]", i)
		if b.broken(at) {
			continue
		}
		stream := load.Traffic{Name: t.Name, Port: int32(t.Port)}
		if !b.destination(at, t, &stream) {
			continue
		}
		if stream.Name == "" {
			stream.Name = cmp.Or(stream.Queue, stream.Namespace+"/"+stream.Service)
		}
		if names[stream.Name] {
			b.fault(at+".name", "must be unique, got %q twice", stream.Name)
		}
		names[stream.Name] = true
		if t.Start != nil {
			stream.Start = sim.Time(*t.Start)
		}
		if t.Timeout != nil {
			stream.Timeout = time.Duration(*t.Timeout)
		}
		b.objective(at+".slo", t.SLO, &stream)
		b.clients(at, t, &stream)
		b.arrivals(at, t, &stream)
		if stream.Tokens != nil {
			b.tokens(stream.Name)
		}
		b.spec.Traffic = append(b.spec.Traffic, stream)
	}
	if len(b.List) == 0 {
		b.promptsHaveTokens()
		b.conversations()
	}
}

// tokens notes that the requests of a stream say what they ask of a model.
func (b *builder) tokens(stream string) {
	if b.withTokens == nil {
		b.withTokens = map[string]bool{}
	}
	b.withTokens[stream] = true
}

// promptsHaveTokens refuses prompts of which nobody says how long they are.
func (b *builder) promptsHaveTokens() {
	asks := func(key string) bool {
		namespace, name, _ := strings.Cut(key, "/")
		s, is := b.objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service)
		return is && slices.ContainsFunc(b.behind(s),
			func(i int) bool { return generatesUntold(b.spec.Workloads[i].Server.Program) })
	}
	for i, stream := range b.spec.Traffic {
		if !b.withTokens[stream.Name] && asks(stream.Namespace+"/"+stream.Service) {
			b.fault(fmt.Sprintf("traffic[%d].tokens", i), "must be given, or tokens in the trace: a model answers the requests")
		}
	}
	for i, w := range b.spec.Workloads {
		for _, callee := range calls(w.Server.Program) {
			if asks(callee) {
				b.unmatched(fmt.Sprintf("workloads[%d].service.steps", i),
					"must call a Service that knows the tokens of its prompts: %s needs steps with generate: {input: …, output: …}",
					callee)
			}
		}
	}
}

// generatesUntold reports whether steps ask a model for what requests say alone.
func generatesUntold(steps []load.Step) bool {
	return slices.ContainsFunc(steps, func(step load.Step) bool {
		switch s := step.(type) {
		case load.Generate:
			return s.Input == nil || s.Output == nil
		case load.Repeat:
			return generatesUntold(s.Steps)
		case load.Chance:
			return generatesUntold(s.Steps)
		}
		return false
	})
}

// destination reads where a stream goes: to a Service, or to a queue, whose
// messages nobody waits for.
func (b *builder) destination(at string, t wire.Traffic, stream *load.Traffic) bool {
	switch {
	case t.Workload != "" && t.Service == "" && t.Queue == "":
		return b.toWorkload(at, t, stream)
	case (t.Service == "") == (t.Queue == "") || t.Workload != "":
		b.fault(at, "must have exactly one of service, workload, queue")
		return false
	}
	if t.Queue != "" {
		if stream.Queue = b.queueKey(t.Queue); stream.Queue == "" {
			b.unmatched(at+".queue", "must be one of queues, got %.80q", t.Queue)
			return false
		}
		for _, f := range []struct {
			field string
			given bool
		}{{"port", t.Port != 0}, {"timeout", t.Timeout != nil}, {"balance", t.Balance != ""}, {"clients", t.Clients != nil},
			{"sessions", t.Sessions != nil}, {"users", t.Users != nil}} {
			if f.given {
				b.fault(at+"."+f.field, "must be left out with queue")
			}
		}
		return true
	}
	namespace, name, found := strings.Cut(t.Service, "/")
	if !found {
		namespace, name = b.namespace(""), t.Service
	}
	s, known := b.objects.ByName[objects.Ref("Service", namespace, name)]
	if !known {
		b.unmatched(at+".service", "must be namespace/name of a Service of the manifests, got %.80q%s", t.Service,
			strings.ReplaceAll(b.objects.Near("Service/"+t.Service, "", "Service"), "Service/", ""))
		return false
	}
	stream.Namespace, stream.Service = namespace, name
	b.port(at, s.Object.(*v1.Service), t.Port)
	return true
}

// toWorkload sends a stream to the pods of a workload themselves.
func (b *builder) toWorkload(at string, t wire.Traffic, stream *load.Traffic) bool {
	ref, err := b.objects.FindIn(t.Workload, b.namespace(""))
	if err != nil {
		b.refuse(at+".workload", err)
		return false
	}
	s := b.toPodsOf(ref)
	if s == nil {
		b.unmatched(at+".workload", "must name what makes pods that have labels and stay, got %.80q", t.Workload)
		return false
	}
	stream.Namespace, stream.Service = s.Namespace, s.Name
	b.port(at, s, t.Port)
	return true
}

// objective reads what is wanted of a Service; all streams to it want the same.
func (b *builder) objective(at string, s *wire.SLO, stream *load.Traffic) {
	if s == nil {
		return
	}
	if s.Latency != nil {
		stream.Objective.Latency = time.Duration(*s.Latency)
		if *s.Latency == 0 {
			b.fault(at+".latency", "must be positive, got 0s")
		}
	}
	if s.Objective != nil {
		stream.Objective.Share = float64(*s.Objective)
		if share := float64(*s.Objective); share == 0 || share == 1 {
			b.fault(at+".objective", "must be above 0%% and below 100%%, which leaves no error budget, got %v", share)
		}
	}
	for _, other := range b.spec.Traffic {
		if other.Namespace == stream.Namespace && other.Service == stream.Service && other.Objective != (load.Objective{}) &&
			other.Objective != stream.Objective {
			b.unmatched(at, "must be that of traffic %s, which goes to the same Service", other.Name)
			return
		}
	}
}

func (b *builder) port(at string, s *v1.Service, port int) {
	if port == 0 {
		return
	}
	for _, p := range s.Spec.Ports {
		if int(p.Port) == port {
			return
		}
	}
	b.unmatched(at+".port", "must be a port of Service %s, got %d", s.Name, port)
}

func (b *builder) rate(at string, r *wire.Rate) load.Rate {
	given := 0
	for _, is := range []bool{r.Constant != nil, r.Ramp != nil, r.Steps != nil, r.Diurnal != nil, r.Spike != nil,
		r.Stages != nil, r.Weekly != nil, r.Prometheus != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		b.fault(at, "must have exactly one of constant, ramp, steps, diurnal, spike, stages, weekly, prometheus, got %d",
			given)
		return nil
	case r.Constant != nil:
		return load.Constant{PerSecond: float64(*r.Constant)}
	case r.Ramp != nil:
		return load.Ramp{From: float64(*r.Ramp.From), To: float64(*r.Ramp.To), Over: time.Duration(*r.Ramp.Over)}
	case r.Spike != nil, r.Stages != nil, r.Weekly != nil:
		return b.shape(at, r)
	case r.Prometheus != nil:
		return b.prometheus(at+".prometheus", r.Prometheus)
	case r.Diurnal != nil:
		return b.diurnal(at+".diurnal", r.Diurnal)
	}
	steps := make(load.Steps, len(r.Steps))
	for i, s := range r.Steps {
		steps[i] = load.RateStep{At: sim.Time(*s.At), PerSecond: float64(*s.Rate)}
		if i > 0 && steps[i].At <= steps[i-1].At {
			b.fault(fmt.Sprintf("%s.steps[%d].at", at, i), "must be after the step before, at %s, got %s", steps[i-1].At,
				steps[i].At)
		}
	}
	return steps
}

func (b *builder) diurnal(at string, d *wire.Diurnal) load.Rate {
	r := load.Diurnal{Mean: float64(*d.Mean), Amplitude: 0.5, Period: 24 * time.Hour}
	if d.Amplitude != nil {
		r.Amplitude = *d.Amplitude
	}
	if r.Amplitude < 0 || r.Amplitude > 1 {
		b.fault(at+".amplitude", "must be from 0 to 1, got %v", r.Amplitude)
	}
	if d.Period != nil {
		r.Period = time.Duration(*d.Period)
	}
	if r.Period <= 0 {
		b.fault(at+".period", "must be positive, got %s", r.Period)
	}
	r.Peak = r.Period / 2
	if d.Peak != nil {
		r.Peak = time.Duration(*d.Peak)
	}
	return r
}
