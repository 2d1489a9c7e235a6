package behaviour

import (
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// Reader reads workloads. Fault hears of what is wrong with a field.
type Reader struct {
	Fault func(field, format string, arguments ...any)
}

// Read is what the containers do of which an entry says it; at is the entry's path.
func (r Reader) Read(at string, w *wire.Workload) kubelet.Behaviour {
	k := kubelet.Behaviour{
		ImageSize: Bytes(w.Image.Size), Start: Law(w.Start), Memory: r.memory(at+".memory", &w.Memory),
		Storage: written(w.Storage), CPU: r.cpu(at+".cpu", &w.CPU),
		OnTerminate: r.onTerminate(at+".onTerminate", w.OnTerminate),
	}
	if until := w.Image.PullFails; until != nil {
		k.Unpullable = sim.Time(*until)
	}
	if w.Crash != nil {
		k.Crash = r.crash(at+".crash", w.Crash)
	}
	k.Hooks = r.hooks(at+".hooks", w.Hooks)
	if w.UnhealthyAfter != nil {
		k.UnhealthyAfter = time.Duration(*w.UnhealthyAfter)
	}
	r.task(at, w, &k)
	if w.Model != nil {
		k.Model = r.model(at+".model", w.Model)
	}
	return k
}

func (r Reader) onTerminate(at, word string) kubelet.Termination {
	switch word {
	case "", "drain":
		return kubelet.Drain
	case "exit":
		return kubelet.Exit
	case "ignore":
		return kubelet.Ignore
	}
	r.Fault(at, "must be drain, exit or ignore, got %.60q", word)
	return kubelet.Drain
}

// model is a load of weights.
func (r Reader) model(at string, m *wire.Model) kubelet.Model {
	sized := m.Size != nil || m.Bandwidth != nil
	switch {
	case sized == (m.Load != nil) || (sized && (m.Size == nil || m.Bandwidth == nil)):
		r.Fault(at, "must have size and bandwidth, or load")
	case m.Load != nil:
		return kubelet.Model{Load: m.Load.Dist}
	case *m.Bandwidth == 0:
		r.Fault(at+".bandwidth", "must be positive, got 0")
	default:
		return kubelet.Model{Bytes: int64(*m.Size), BytesPerSecond: float64(*m.Bandwidth)}
	}
	return kubelet.Model{}
}

func (r Reader) cpu(at string, c *wire.CPU) kubelet.CPU {
	k := kubelet.CPU{Start: Law(c.Start)}
	if c.Idle != nil {
		k.Idle = float64(*c.Idle)
	}
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
			r.Fault(at+"."+threads.name, "must be from 1 to 4096, got %d", *threads.to)
		}
	}
	return k
}

// task reads how a process ends by itself.
func (r Reader) task(at string, w *wire.Workload, k *kubelet.Behaviour) {
	k.Runs, k.CPU.Run, k.ExitCode = Law(w.Runs), Law(w.CPU.Run), r.exitCode(at+".exitCode", w.ExitCode)
	for _, d := range w.Lives {
		k.Lives = append(k.Lives, time.Duration(d))
	}
	ends := k.Runs != nil || k.CPU.Run != nil || len(k.Lives) > 0
	if ends && w.OnTerminate == "" && w.Service == nil {
		k.OnTerminate = kubelet.Exit // what a process without a handler does
	}
	if w.FailureRate == nil {
		return
	}
	k.FailureRate = float64(*w.FailureRate)
	if k.ExitCode == 0 {
		k.ExitCode = 1
	}
	if !ends {
		r.Fault(at+".failureRate", "must stand with runs, lives or cpu.run, which say when the process ends")
	}
}

func (r Reader) crash(at string, c *wire.Crash) *kubelet.Crash {
	k := &kubelet.Crash{After: Law(c.After), Probability: 1, ExitCode: 1}
	if c.Probability != nil {
		k.Probability = float64(*c.Probability)
	}
	if c.ExitCode != nil {
		k.ExitCode = r.exitCode(at+".exitCode", *c.ExitCode)
	}
	if k.After == nil {
		return nil // which was said
	}
	return k
}

func (r Reader) exitCode(at string, code int) int32 {
	if code < 0 || code > 255 {
		r.Fault(at, "must be from 0 to 255, got %d", code)
	}
	return int32(code)
}

// Bytes is a size, 0 when it is left out.
func Bytes(s *wire.Size) int64 {
	if s == nil {
		return 0
	}
	return int64(*s)
}

// Law is a distribution, nil when it is left out.
func Law(d *wire.DurationDist) distribution.Dist {
	if d == nil {
		return nil
	}
	return d.Dist
}
