package fold

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (p *Pod) container(name string) *container {
	c, ok := p.containers[name]
	if !ok {
		c = &container{}
		p.containers[name] = c
	}
	return c
}

func (p *Pod) containerStarted(rec record.ContainerStarted) {
	c := p.container(rec.Container)
	if !c.running {
		if p.running == 0 {
			p.since = rec.T
		}
		p.running++
		p.workload.loading.enter(rec.T)
	}
	*c = container{started: rec.T, running: true}
	p.Phase = "Running"
	if rec.Restarts > 0 {
		p.Restarts++
		p.workload.restarts++
	}
}

func (p *Pod) containerServing(rec record.ContainerServing) {
	c := p.container(rec.Container)
	if c.running && !c.serving {
		p.workload.loading.leave(rec.T)
	}
	c.serving = true
	p.workload.served(rec)
}

func (p *Pod) containerExited(rec record.ContainerExited) {
	c := p.container(rec.Container)
	if rec.Cause == record.NodeOutOfMemory {
		p.workload.shortages.SystemKills++
		p.workload.shortages.Note(p.Node, rec.InFlight)
	}
	if rec.Cause == record.EvictedByKubelet && !p.disk {
		p.workload.shortages.Note(p.Node, rec.InFlight)
	}
	if rec.Cause == record.OutOfMemory || rec.Cause == record.PodOutOfMemory {
		p.oomKilled(rec.T)
	}
	p.workload.exited(p, rec, c.serving)
	if !c.running {
		return
	}
	if !c.serving {
		p.workload.loading.leave(rec.T)
	}
	*c = container{ended: rec.Cause == record.ExitedByItself && rec.ExitCode == 0, done: rec.T, took: rec.Uptime}
	if p.running--; p.running == 0 {
		p.addRunning(rec.T)
	}
}

func (p *Pod) oomKilled(t sim.Time) {
	if p.OOMKilled == 0 {
		p.atRisk = p.ran + p.elapsed(t)
	}
	p.OOMKilled++
	p.workload.oomKills++
}

// elapsed is the time since the first of its running containers began.
func (p *Pod) elapsed(t sim.Time) sim.Time {
	if p.running == 0 {
		return 0
	}
	return t - p.since
}

func (p *Pod) addRunning(t sim.Time) { p.ran += t - p.since }

// stopClock ends what still runs.
func (p *Pod) stopClock(t sim.Time) {
	if p.workload.job != nil && p.Phase == "Running" {
		p.workload.evidence.outlives(p, p.until(t))
	}
	if p.running > 0 {
		p.addRunning(t)
		p.running = 0
	}
	for _, name := range slices.Sorted(maps.Keys(p.containers)) {
		c := p.containers[name]
		if c.running && !c.serving {
			p.workload.loading.leave(t)
		}
		*c = container{}
	}
}

// spells tells when at least one of several things went on.
type spells struct {
	count int
	since sim.Time // the present spell's start
	until sim.Time // the end of the latest spell
	any   bool     // there was a spell that ended
}

func (s *spells) enter(t sim.Time) {
	if s.count == 0 {
		s.since = t
	}
	s.count++
}

func (s *spells) leave(t sim.Time) {
	if s.count--; s.count == 0 {
		s.until, s.any = t, true
	}
}

// overlaps reports whether it went on at some time in (from, to], where to is
// not long ago: only the latest two spells are known.
func (s *spells) overlaps(from, to sim.Time) bool {
	return s.count > 0 && s.since <= to || s.any && s.until > from
}
