package fold

import (
	"maps"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/report/cut"
	"github.com/kube-rehearse/rehearse/report/hooks"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// evidence is what one replication shows about a workload that speaks for a
// change of its manifest. It is the input of the rules in findings.go.
type evidence struct {
	// refusedLoading counts requests that a pod refused before it listened,
	// refusedTerminating those of pods that were being deleted.
	refusedLoading, refusedTerminating int64
	// lostAtTerm counts requests lost with a process that left at SIGTERM,
	// lostAtKill at the SIGKILL after the grace period, lostOOM and
	// lostProbe at a kill for memory or by a probe.
	lostAtTerm, lostAtKill, lostOOM, lostProbe int64
	grace                                      sim.Time // of the pods in lostAtKill
	// rolledAway counts requests that found no endpoint while a rollout went on.
	rolledAway int64

	loadKills map[LoadKill]*loadKills
	serving   map[string]sim.Time // by container, the longest start
	config    map[ConfigError]*configErrors
	waits     map[string]*waits // by the scheduler's message
	oomKills  map[MemoryKey]int64
	podOOM    map[MemoryKey]int64 // at the limit of the pod
	crashes   map[Crash]int64
	gpuOOM    map[string]int64 // by container
	hookKills map[string]int64 // by container, for its postStart hook had failed
	hooks     hooks.Table
	cut       cut.Work
	failovers failovers
	daemons   daemonWaits
	refusals  map[refusalKey]*refusals // of objects, by the API server
	keptAlive map[KeptAlive]*keptAlive
}

// KeptAlive names a container that has done its work in a pod of a Job, and one that
// runs on: the pod is not over before it ends, too.
type KeptAlive struct{ Done, Running string }

type keptAlive struct {
	pods    int64
	longest sim.Time // after the work was done
}

// Crash names containers that exit by themselves with an error.
type Crash struct {
	Container string
	ExitCode  int32
}

// LoadKill names containers that a probe killed before they listened.
type LoadKill struct {
	Container string
	Cause     record.ExitCause // StartupFailed or LivenessFailed
}

type loadKills struct {
	kills  int64
	uptime sim.Time // the longest
}

// ConfigError names containers that can't be created, or whose image can't be pulled.
type ConfigError struct{ Container, Reason, Message string }

type configErrors struct {
	pods    int64
	example string
	seen    map[*Pod]bool
}

// waits are the pods that the scheduler refused with one message.
type waits struct {
	pods    int
	atEnd   int
	deleted int // before a node was found
	longest sim.Time
	example *Pod
}

func newEvidence() evidence {
	return evidence{
		loadKills: map[LoadKill]*loadKills{},
		serving:   map[string]sim.Time{},
		config:    map[ConfigError]*configErrors{},
		waits:     map[string]*waits{},
		oomKills:  map[MemoryKey]int64{},
		podOOM:    map[MemoryKey]int64{},
		crashes:   map[Crash]int64{},
		hookKills: map[string]int64{},
		hooks:     hooks.Table{},
		gpuOOM:    map[string]int64{},
		refusals:  map[refusalKey]*refusals{},
		keptAlive: map[KeptAlive]*keptAlive{},
	}
}

func (w *workload) served(rec record.ContainerServing) {
	w.evidence.serving[rec.Container] = max(w.evidence.serving[rec.Container], rec.Took)
}

// waiting notes what only a change of the cluster can end.
func (w *workload) waiting(p *Pod, rec record.ContainerWaiting) {
	if rec.Reason != "CreateContainerConfigError" && rec.Reason != "ErrImagePull" {
		return
	}
	key := ConfigError{rec.Container, rec.Reason, rec.Message}
	c, ok := w.evidence.config[key]
	if !ok {
		c = &configErrors{example: p.Name, seen: map[*Pod]bool{}}
		w.evidence.config[key] = c
	}
	if !c.seen[p] {
		c.seen[p] = true
		c.pods++
	}
}

func (w *workload) exited(p *Pod, rec record.ContainerExited, served bool) {
	e, lost := &w.evidence, int64(rec.InFlight)
	e.cut.Exit(p.Deleted, w.outdated(p), rec.InFlight)
	switch rec.Cause {
	case record.OutOfMemory:
		e.lostOOM += lost
		e.oomKills[MemoryKey{rec.Container, rec.Limit}]++
	case record.PodOutOfMemory:
		e.lostOOM += lost
		e.podOOM[MemoryKey{rec.Container, rec.Limit}]++
	case record.GPUOutOfMemory:
		e.gpuOOM[rec.Container]++
		w.gpuOOM++
	case record.ExitedByItself:
		if rec.ExitCode != 0 {
			e.crashes[Crash{rec.Container, rec.ExitCode}]++
		}
	case record.LivenessFailed, record.StartupFailed:
		e.lostProbe += lost
		if !served {
			e.killedInLoad(rec)
		}
	case record.HookFailed:
		e.hookKills[rec.Container]++
	case record.LeftAtTerm:
		e.lostAtTerm += lost
	case record.KilledAfterGrace:
		e.lostAtKill += lost
		if lost > 0 {
			e.grace = max(e.grace, p.grace)
		}
	}
}

func (e *evidence) killedInLoad(rec record.ContainerExited) {
	key := LoadKill{rec.Container, rec.Cause}
	k, ok := e.loadKills[key]
	if !ok {
		k = &loadKills{}
		e.loadKills[key] = k
	}
	k.kills++
	k.uptime = max(k.uptime, rec.Uptime)
}

func (e *evidence) refusedByScheduler(p *Pod, now sim.Time) {
	m, ok := e.waits[p.Message]
	if !ok {
		m = &waits{example: p}
		e.waits[p.Message] = m
	}
	m.pods++
	switch {
	case p.waits():
		m.atEnd++
	case p.Scheduled == nil:
		m.deleted++
	}
	if d := p.waited(now); d > m.longest {
		m.longest, m.example = d, p
	}
}

// outlives notes the containers of a pod that run on after another has done its work, for
// longer than that took, and a minute at least.
func (e *evidence) outlives(p *Pod, now sim.Time) {
	for _, done := range slices.Sorted(maps.Keys(p.containers)) {
		d := p.containers[done]
		for _, name := range slices.Sorted(maps.Keys(p.containers)) {
			since := now - d.done
			if !d.ended || !p.containers[name].running || since < sim.Time(time.Minute) || since < d.took {
				continue
			}
			of := entry(e.keptAlive, KeptAlive{done, name})
			of.pods++
			of.longest = max(of.longest, since)
		}
	}
}
