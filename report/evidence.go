package report

import (
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

	loadKills map[loadKill]*loadKills
	serving   map[string]sim.Time // by container, the longest start
	config    map[configError]*configErrors
	waits     map[string]*waits // by the scheduler's message
	oomKills  map[memoryKey]int64
	crashes   map[crash]int64
	gpuOOM    map[string]int64 // by container
	failovers failovers
	daemons   daemonWaits
	refusals  map[refusalKey]*refusals // of objects, by the API server
}

// crash names containers that exit by themselves with an error.
type crash struct {
	container string
	exitCode  int32
}

// loadKill names containers that a probe killed before they listened.
type loadKill struct {
	container string
	cause     record.ExitCause // StartupFailed or LivenessFailed
}

type loadKills struct {
	kills  int64
	uptime sim.Time // the longest
}

// configError names containers that can't be created.
type configError struct{ container, message string }

type configErrors struct {
	pods    int64
	example string
	seen    map[*pod]bool
}

// waits are the pods that the scheduler refused with one message.
type waits struct {
	pods    int
	atEnd   int
	longest sim.Time
	example *pod
}

func newEvidence() evidence {
	return evidence{
		loadKills: map[loadKill]*loadKills{},
		serving:   map[string]sim.Time{},
		config:    map[configError]*configErrors{},
		waits:     map[string]*waits{},
		oomKills:  map[memoryKey]int64{},
		crashes:   map[crash]int64{},
		gpuOOM:    map[string]int64{},
		refusals:  map[refusalKey]*refusals{},
	}
}

func (w *workload) served(rec record.ContainerServing) {
	w.evidence.serving[rec.Container] = max(w.evidence.serving[rec.Container], rec.Took)
}

// waiting notes what only a change of the cluster can end.
func (w *workload) waiting(p *pod, rec record.ContainerWaiting) {
	if rec.Reason != "CreateContainerConfigError" {
		return
	}
	key := configError{rec.Container, rec.Message}
	c, ok := w.evidence.config[key]
	if !ok {
		c = &configErrors{example: p.Name, seen: map[*pod]bool{}}
		w.evidence.config[key] = c
	}
	if !c.seen[p] {
		c.seen[p] = true
		c.pods++
	}
}

func (w *workload) exited(p *pod, rec record.ContainerExited, served bool) {
	e, lost := &w.evidence, int64(rec.InFlight)
	switch rec.Cause {
	case record.OutOfMemory:
		e.lostOOM += lost
		e.oomKills[memoryKey{rec.Container, rec.Limit}]++
	case record.GPUOutOfMemory:
		e.gpuOOM[rec.Container]++
		w.gpuOOM++
	case record.ExitedByItself:
		if rec.ExitCode != 0 {
			e.crashes[crash{rec.Container, rec.ExitCode}]++
		}
	case record.LivenessFailed, record.StartupFailed:
		e.lostProbe += lost
		if !served {
			e.killedInLoad(rec)
		}
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
	key := loadKill{rec.Container, rec.Cause}
	k, ok := e.loadKills[key]
	if !ok {
		k = &loadKills{}
		e.loadKills[key] = k
	}
	k.kills++
	k.uptime = max(k.uptime, rec.Uptime)
}

func (e *evidence) refusedByScheduler(p *pod, now sim.Time) {
	m, ok := e.waits[p.message]
	if !ok {
		m = &waits{example: p}
		e.waits[p.message] = m
	}
	m.pods++
	if p.waits() {
		m.atEnd++
	}
	if d := p.waited(now); d > m.longest {
		m.longest, m.example = d, p
	}
}
