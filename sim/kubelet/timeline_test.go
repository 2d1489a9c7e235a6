package kubelet_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
)

// observer writes down what happens to a pod.
type observer struct {
	name string
	log  *strings.Builder
}

func (o observer) say(now sim.Time, format string, arguments ...any) {
	fmt.Fprintf(o.log, "%9.3fs %s %s\n", now.Seconds(), o.name, fmt.Sprintf(format, arguments...))
}

func (o observer) Waiting(now sim.Time, w kubelet.Waiting) {
	message, _, _ := strings.Cut(w.Message, " restarting")
	if w.Until > 0 {
		message += fmt.Sprintf(" from the exit at %.3fs, until %.3fs", w.Exit.Seconds(), w.Until.Seconds())
	}
	o.say(now, "%s waiting %s: %s", w.Container, w.Reason, message)
}
func (o observer) Pulled(now sim.Time, image string, _ int64, wait, took time.Duration) {
	o.say(now, "pulled %s after %s in the queue, in %s", image, wait, took)
}
func (o observer) Started(now sim.Time, c string, restarts int32) {
	o.say(now, "%s started, restarts %d", c, restarts)
}
func (o observer) Serving(now sim.Time, c string, took time.Duration) {
	o.say(now, "%s serves after %s", c, took)
}
func (o observer) Exited(now sim.Time, c string, t kubelet.Terminated) {
	o.say(now, "%s exited %d %s (%s) after %s, memory %d", c, t.Code, t.Reason, t.Cause, t.Uptime, t.Memory)
}
func (o observer) ProcessKilled(now sim.Time, c string, bytes, limit int64) {
	o.say(now, "%s lost a process that held %d of %d", c, bytes, limit)
}
func (o observer) Killing(now sim.Time, c, message string) { o.say(now, "%s killing: %s", c, message) }
func (o observer) Hooked(now sim.Time, c string, end kubelet.HookEnd) {
	text := "took " + end.Took.String()
	if end.Failed {
		text += " and failed"
	}
	if end.Cut {
		text += ", when its time was over"
	}
	o.say(now, "%s %s %s", c, end.Name, text)
}
func (o observer) ProbeFailed(now sim.Time, c, probe, message string, failures int) {
	o.say(now, "%s %s probe failed x%d: %s", c, probe, failures, message)
}
func (o observer) ProbePassed(now sim.Time, c, probe string, asked bool) {
	by := "in its period"
	if asked {
		by = "asked for by a sync"
	}
	o.say(now, "%s %s probe passed, %s", c, probe, by)
}
func (o observer) Status(now sim.Time, s kubelet.Status) {
	text := fmt.Sprintf("status %s ready %t", s.Phase, s.Ready)
	if s.Reason != "" {
		text += " " + s.Reason
	}
	for _, c := range s.Containers {
		switch {
		case c.Running:
			text += fmt.Sprintf(", %s#%d running", c.Name, c.Life)
			if !c.Ready {
				text += " not ready"
			}
		case c.Life >= 0:
			text += fmt.Sprintf(", %s#%d exited %d", c.Name, c.Life, c.Exit.Code)
		}
	}
	o.say(now, "%s", text)
}
func (o observer) Evicted(now sim.Time, message string, why kubelet.Choice) {
	if why.Among > 0 {
		message += fmt.Sprintf("%+v", why)
	}
	o.say(now, "evicted: %s", message)
}
func (o observer) ShutDown(now sim.Time) { o.say(now, "shut down with its node") }
func (o observer) Gone(now sim.Time)     { o.say(now, "gone") }

// bench is one node with pods on it. All tickers have phase 0.
type bench struct {
	loop *sim.Loop
	host *kubelet.Host
	log  strings.Builder
	pods map[string]*kubelet.Pod
	// secrets that are not there all the time: from when on they are.
	secrets map[string]sim.Time
}

func newBench() *bench {
	b := &bench{loop: sim.NewLoop(), pods: map[string]*kubelet.Pod{}, secrets: map[string]sim.Time{}}
	b.configure(kubelet.HostOptions{})
	return b
}

// configure makes the node anew, with other settings of its kubelet.
func (b *bench) configure(o kubelet.HostOptions) {
	o.ImageBandwidth, o.SerializePulls = 100<<20, true
	node := &v1.Node{Status: v1.NodeStatus{Capacity: v1.ResourceList{v1.ResourceMemory: resource.MustParse("8Gi")}}}
	b.host = kubelet.NewHost(b.loop, node, o, newRand())
}

// lives are the lengths of a container's lives, one after the other.
type lives struct {
	distribution.Constant
	seconds []float64
}

func (l *lives) Sample(*rand.Rand) float64 {
	next := l.seconds[0]
	if len(l.seconds) > 1 {
		l.seconds = l.seconds[1:]
	}
	return next
}

// behaviours of the tests, by the image's name.
var behaviours = map[string]kubelet.Behaviour{
	"quarter": {Start: distribution.Constant(0.25)},
	"half":    {Start: distribution.Constant(0.6)},
	"three":   {Start: distribution.Constant(3)},
	"never":   {Start: distribution.Constant(1e6)},
	"lame":    {Start: distribution.Constant(1e6), OnTerminate: kubelet.Ignore},
	"once":    {Runs: distribution.Constant(4.3), ExitCode: 1},
	"long":    {Runs: &lives{seconds: []float64{1, 1, 1, 620, 1}}, ExitCode: 1},
	"quick":   {},
	"slow":    {Start: distribution.Constant(20)},
	"model":   {Start: distribution.Constant(1), Model: kubelet.Model{Bytes: 4 << 30, BytesPerSecond: 64 << 20}},
	"crash":   {Runs: distribution.Constant(2), ExitCode: 1},
	"task":    {Runs: distribution.Constant(5)},
	"fails":   {Start: distribution.Constant(1), Runs: distribution.Constant(5), FailureRate: 1, ExitCode: 3},
	"compute": {Runs: distribution.Constant(1), CPU: kubelet.CPU{Run: distribution.Constant(4), RunThreads: 2}},
	"heavy":   {ImageSize: 500 << 20},
	"heavier": {ImageSize: 1000 << 20},
	"deaf":    {OnTerminate: kubelet.Ignore},
	"abrupt":  {OnTerminate: kubelet.Exit},
	"child": {
		Memory: kubelet.Memory{Base: 4 << 20, Child: &kubelet.Child{LeakPerSecond: 10 << 20, Again: time.Second}},
		Runs:   distribution.Constant(20), ExitCode: 5,
	},
	"leak":    {Memory: kubelet.Memory{Base: 100 << 20, LeakPerSecond: 1 << 20}},
	"sick":    {UnhealthyAfter: 30 * time.Second},
	"missing": {ImageSize: 500 << 20, Unpullable: sim.Never},
	"outage":  {ImageSize: 500 << 20, Unpullable: sim.Time(50 * time.Second)},
	"segfault": {Start: distribution.Constant(20), Crash: &kubelet.Crash{
		After: distribution.Constant(2), Probability: 1, ExitCode: 139}},
	"lucky":  {Crash: &kubelet.Crash{After: distribution.Constant(2)}},
	"prompt": {Start: distribution.Constant(1), Hooks: hooks.Hooks{PreStop: hooks.Hook{Takes: distribution.Constant(7)}}},
	"flaky":  {Hooks: hooks.Hooks{PostStart: hooks.Hook{FailureRate: 1}}},
	"climbs": {Start: distribution.Constant(100), Memory: kubelet.Memory{AtStart: 100 << 20, Base: 400 << 20,
		StartupPeak: 200 << 20}},
}

func (b *bench) pod(t *testing.T, at time.Duration, manifest string) {
	var pod v1.Pod
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), &pod))
	var plans []kubelet.Plan
	for _, list := range [][]v1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			c := &list[i]
			behaviour, known := behaviours[c.Image]
			require.True(t, known, "no behaviour for image %s", c.Image)
			for _, p := range []*v1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
				if p != nil {
					withDefaults(p)
				}
			}
			plans = append(plans, kubelet.Plan{Spec: c, Behaviour: behaviour, Random: newRand(), ConfigError: b.configError(c)})
		}
	}
	b.loop.At(sim.Time(at), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		b.pods[pod.Name] = b.host.Run(now, &pod, plans, noLuck, observer{pod.Name, &b.log})
	}))
}

// configError is that of a container with a Secret that is not there yet.
func (b *bench) configError(c *v1.Container) func() string {
	if len(c.EnvFrom) == 0 {
		return nil
	}
	name := c.EnvFrom[0].SecretRef.Name
	return func() string {
		if b.loop.Now() < b.secrets[name] {
			return fmt.Sprintf("secret %q not found", name)
		}
		return ""
	}
}

// eachPod calls f for all pods by name.
func (b *bench) eachPod(at time.Duration, f func(sim.Time, *kubelet.Pod)) {
	b.loop.At(sim.Time(at), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		for _, name := range slices.Sorted(maps.Keys(b.pods)) {
			f(now, b.pods[name])
		}
	}))
}

// withDefaults fills in what the API server would.
func withDefaults(p *v1.Probe) {
	if p.PeriodSeconds == 0 {
		p.PeriodSeconds = 10
	}
	if p.FailureThreshold == 0 {
		p.FailureThreshold = 3
	}
	if p.SuccessThreshold == 0 {
		p.SuccessThreshold = 1
	}
}

// TestTimelines plays the stories of testdata/kubelet:
//
//	pod at=DURATION            a manifest follows; its images name behaviours
//	delete pod=NAME at=DURATION grace=DURATION
//	crash at=DURATION restart=DURATION   of the machine with all its pods
//	kill pod=NAME at=DURATION   without grace
//	evict pod=NAME at=DURATION
//	shutdown at=DURATION grace=DURATION critical=DURATION   of the machine, in good order
//	kubelet singleProcessOOMKill         the setting, before the first pod
//	secret name=NAME from=DURATION       is not there before
//	run until=DURATION         prints what happened since the last run
func TestTimelines(t *testing.T) {
	datadriven.Walk(t, "../../testdata/kubelet", func(t *testing.T, path string) {
		b := newBench()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			duration := func(name string) time.Duration {
				var text string
				d.ScanArgs(t, name, &text)
				v, err := time.ParseDuration(text)
				require.NoError(t, err)
				return v
			}
			switch d.Cmd {
			case "pod":
				b.pod(t, duration("at"), d.Input)
				return ""
			case "delete":
				var name string
				d.ScanArgs(t, "pod", &name)
				grace := duration("grace")
				b.loop.At(sim.Time(duration("at")), sim.PhaseMachine, sim.Func(func(now sim.Time) {
					b.pods[name].Delete(now, grace)
				}))
				return ""
			case "crash":
				b.loop.At(sim.Time(duration("at")), sim.PhaseMachine, sim.Func(b.host.Crash))
				b.loop.At(sim.Time(duration("restart")), sim.PhaseMachine, sim.Func(func(now sim.Time) { b.host.Boot(now) }))
				b.eachPod(duration("restart"), func(now sim.Time, p *kubelet.Pod) { p.Restart(now) })
				return ""
			case "evict":
				var name string
				d.ScanArgs(t, "pod", &name)
				b.loop.At(sim.Time(duration("at")), sim.PhaseMachine, sim.Func(func(now sim.Time) {
					b.pods[name].Evict(now, "the node is short", kubelet.Choice{})
				}))
				return ""
			case "shutdown":
				grace := kubelet.ShutdownGrace{Total: duration("grace"), Critical: duration("critical")}
				b.loop.At(sim.Time(duration("at")), sim.PhaseMachine, sim.Func(func(now sim.Time) {
					b.host.Shutdown(now, grace, func(now sim.Time) {
						fmt.Fprintf(&b.log, "%9.3fs machine off\n", now.Seconds())
						b.host.Crash(now)
					})
				}))
				return ""
			case "kubelet":
				b.configure(kubelet.HostOptions{SingleProcessOOMKill: d.HasArg("singleProcessOOMKill")})
				return ""
			case "secret":
				var name string
				d.ScanArgs(t, "name", &name)
				b.secrets[name] = sim.Time(duration("from"))
				return ""
			case "kill":
				var name string
				d.ScanArgs(t, "pod", &name)
				b.loop.At(sim.Time(duration("at")), sim.PhaseMachine, sim.Func(func(now sim.Time) { b.pods[name].Remove(now) }))
				return ""
			case "run":
				require.NoError(t, b.loop.RunUntil(context.Background(), sim.Time(duration("until"))))
				defer b.log.Reset()
				return b.log.String()
			}
			d.Fatalf(t, "unknown command")
			return ""
		})
	})
}
