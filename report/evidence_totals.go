package report

import "github.com/kube-rehearse/rehearse/sim"

// tally is a count over replications: how many, and in how many of them.
type tally struct {
	n    int64
	runs int
}

func (t *tally) add(n int64) {
	if n > 0 {
		t.n += n
		t.runs++
	}
}

// evidenceTotals sums the evidence of all replications.
type evidenceTotals struct {
	refusedLoading, refusedTerminating         tally
	lostAtTerm, lostAtKill, lostOOM, lostProbe tally
	grace                                      sim.Time

	loadKills map[loadKill]*loadKillTotals
	serving   map[string]sim.Time
	config    map[configError]*configTotals
	waits     map[string]*waitTotals
	oomKills  map[memoryKey]*tally
	crashes   map[crash]*tally
	gpuOOM    map[string]*tally
	failovers failoverTotals
	daemons   daemonTotals
	refusals  map[refusalKey]*refusalTotals
}

type loadKillTotals struct {
	tally
	uptime sim.Time
}

type configTotals struct {
	tally
	example string
}

type waitTotals struct {
	tally
	atEnd   int // the most in one replication
	longest sim.Time
	example *pod
}

func newEvidenceTotals() evidenceTotals {
	return evidenceTotals{
		loadKills: map[loadKill]*loadKillTotals{},
		serving:   map[string]sim.Time{},
		config:    map[configError]*configTotals{},
		waits:     map[string]*waitTotals{},
		oomKills:  map[memoryKey]*tally{},
		crashes:   map[crash]*tally{},
		gpuOOM:    map[string]*tally{},
		refusals:  map[refusalKey]*refusalTotals{},
	}
}

func (t *evidenceTotals) fold(e evidence, now sim.Time) {
	t.refusedLoading.add(e.refusedLoading)
	t.refusedTerminating.add(e.refusedTerminating)
	t.lostAtTerm.add(e.lostAtTerm)
	t.lostAtKill.add(e.lostAtKill)
	t.lostOOM.add(e.lostOOM)
	t.lostProbe.add(e.lostProbe)
	t.grace = max(t.grace, e.grace)
	for key, k := range e.loadKills {
		of := entry(t.loadKills, key)
		of.add(k.kills)
		of.uptime = max(of.uptime, k.uptime)
	}
	for name, took := range e.serving {
		t.serving[name] = max(t.serving[name], took)
	}
	for key, c := range e.config {
		of := entry(t.config, key)
		of.add(c.pods)
		if of.example == "" {
			of.example = c.example
		}
	}
	for key, n := range e.oomKills {
		entry(t.oomKills, key).add(n)
	}
	for key, n := range e.crashes {
		entry(t.crashes, key).add(n)
	}
	for name, n := range e.gpuOOM {
		entry(t.gpuOOM, name).add(n)
	}
	t.failovers.fold(e.failovers)
	t.daemons.fold(e.daemons)
	for key, r := range e.refusals {
		entry(t.refusals, key).fold(r, now)
	}
	for message, w := range e.waits {
		of := entry(t.waits, message)
		of.add(int64(w.pods))
		of.atEnd = max(of.atEnd, w.atEnd)
		if of.example == nil || w.longest > of.longest {
			of.longest, of.example = w.longest, w.example
		}
	}
}

// entry returns the value of a key, a new one when there is none.
func entry[K comparable, V any](m map[K]*V, key K) *V {
	v, ok := m[key]
	if !ok {
		v = new(V)
		m[key] = v
	}
	return v
}
