//go:build kubeletoracle

package oracle

import (
	"fmt"
	randv1 "math/rand"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	model "github.com/kube-rehearse/rehearse/sim/kubelet"
)

// phases gives the tickers of a host their phases: the relists', the loop's, two of
// evictions, and that of the status manager, as parts of their periods.
type phases struct{ n int }

func (p *phases) Uint64() uint64 {
	parts := [...]float64{0, loopPhase.Seconds(), 0, 0, 1 - batchPhase.Seconds()/10}
	p.n++
	return uint64(parts[min(p.n, len(parts))-1]*(1<<63))*2 + 1
}

// jitter draws what wait.Jitter draws first after a seed, again and again.
type jitter int64

func (j jitter) Uint64() uint64 {
	return uint64(randv1.New(randv1.NewSource(int64(j))).Float64() * (1 << 53))
}

// together is how many stories one kubelet lives at the same time, at most.
const together = 50

// jitter is the seed of what wait.Jitter draws: that of all stories of a kubelet.
func (s *story) jitter() int64 { return int64(s.seed / together) }

// luck draws whether a process fails: its exit codes, one after the other.
type luck struct {
	codes []int32
	n     int
}

func (l *luck) Uint64() uint64 {
	l.n++
	return uint64(1-l.codes[(l.n-1)%len(l.codes)]) << 52
}

// behaviour is a program as the model is told of it.
func (p *program) behaviour() model.Behaviour {
	b := model.Behaviour{Start: distribution.Constant(p.Listen.Seconds()), Lives: p.Lives, ExitCode: 1, FailureRate: 0.5,
		OnTerminate: model.Exit, UnhealthyAfter: p.Sick}
	switch {
	case p.Deaf:
		b.OnTerminate = model.Ignore
	case p.Polite:
		b.OnTerminate = model.Drain
	}
	return b
}

// modelled lives the story in the model.
func (s *story) modelled(t *testing.T) []told {
	loop := sim.NewLoop()
	law := func(d time.Duration) distribution.Dist { return distribution.Constant(d.Seconds()) }
	host := model.NewHost(loop, &v1.Node{}, model.HostOptions{Runtime: model.Runtime{
		Sandbox: law(s.takes.sandbox), Container: law(s.takes.container), Started: law(s.takes.started),
		Signal: law(s.takes.signal), Exit: law(s.takes.exit), StopSandbox: law(s.takes.stopSandbox),
		Cleanup: law(s.takes.cleanup), Relist: law(s.takes.relist), LateResult: 1, RelistCost: relistCost}},
		rand.New(&phases{}))
	var plans []model.Plan
	for _, list := range [][]v1.Container{s.pod.Spec.InitContainers, s.pod.Spec.Containers} {
		for i := range list {
			p := s.programs[list[i].Name]
			plans = append(plans, model.Plan{Spec: &list[i], Behaviour: p.behaviour(), Random: rand.New(&luck{codes: p.Codes})})
		}
	}
	o := &observer{lives: map[string]int{}}
	streams := func(string) *rand.Rand { return rand.New(jitter(s.jitter())) }
	loop.At(sim.Time(s.at), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		o.pod = host.Run(now, s.pod, plans, streams, o)
	}))
	if s.deletion > 0 {
		loop.At(sim.Time(s.deletion), sim.PhaseMachine, sim.Func(func(now sim.Time) { o.delete(now, s.grace) }))
	}
	require.NoError(t, loop.RunUntil(t.Context(), sim.Time(s.until)))
	return o.out.tidy(s.until)
}

// observer writes down the model's life of the pod, and is its API server.
type observer struct {
	out      telling
	pod      *model.Pod
	lives    map[string]int
	terminal bool
	gone     bool
}

func (o *observer) delete(now sim.Time, grace int64) {
	switch {
	case o.gone:
	case o.terminal || grace == 0:
		o.Gone(now)
		o.pod.Remove(now)
	default:
		o.pod.Delete(now, time.Duration(grace)*time.Second)
	}
}

func (o *observer) say(now sim.Time, format string, arguments ...any) {
	o.out.say(time.Duration(now), format, arguments...)
}

func (o *observer) Waiting(sim.Time, model.Waiting)                              {}
func (o *observer) ProbePassed(sim.Time, string, string, bool)                   {}
func (o *observer) Pulled(sim.Time, string, int64, time.Duration, time.Duration) {}
func (o *observer) Serving(sim.Time, string, time.Duration)                      {}
func (o *observer) ProcessKilled(sim.Time, string, int64, int64)                 {}
func (o *observer) ProbeFailed(sim.Time, string, string, string, int)            {}
func (o *observer) ShutDown(sim.Time)                                            {}
func (o *observer) Evicted(sim.Time, string, model.Choice)                       {}

func (o *observer) Hooked(sim.Time, string, model.HookEnd) {}

func (o *observer) Killing(now sim.Time, _, message string) { o.say(now, "kills: %s", message) }

func (o *observer) Started(now sim.Time, c string, _ int32) {
	o.say(now, "%s#%d begins", c, o.lives[c])
	o.lives[c]++
}

func (o *observer) Exited(now sim.Time, c string, e model.Terminated) {
	o.say(now, "%s#%d exits %d", c, o.lives[c]-1, e.Code)
}

func (o *observer) Gone(now sim.Time) {
	if !o.gone {
		o.gone = true
		o.say(now, "gone")
	}
}

// zero is the instant of a story's begin in the bubble.
var zero = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(before)

func (o *observer) Status(now sim.Time, s model.Status) {
	o.terminal = s.Phase == v1.PodSucceeded || s.Phase == v1.PodFailed
	clock := func(t sim.Time) string { return zero.Add(time.Duration(t)).Format(time.TimeOnly) }
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s ready=%t initialized=%t", s.Phase, s.Ready, s.Initialized)
	for _, c := range s.Containers {
		state := "none"
		switch {
		case c.Running:
			state = "runs since " + clock(c.Since)
		case c.Life >= 0:
			state = fmt.Sprintf("ended %d %s at %s", c.Exit.Code, c.Exit.Reason, clock(c.Exit.At))
		}
		fmt.Fprintf(text, "; %s %d %s", c.Name, max(c.Life, 0), state)
		if c.Ready {
			text.WriteString(" ready")
		}
		if c.Started {
			text.WriteString(" started")
		}
	}
	o.say(now, "%s%s", statusPrefix, text)
}
