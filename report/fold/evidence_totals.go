package fold

import (
	"github.com/kube-rehearse/rehearse/report/cut"
	"github.com/kube-rehearse/rehearse/report/hooks"
	"github.com/kube-rehearse/rehearse/sim"
)

// tally is a count over replications: how many, and in how many of them.
type tally struct {
	N    int64
	Runs int
}

func (t *tally) add(n int64) {
	if n > 0 {
		t.N += n
		t.Runs++
	}
}

// EvidenceTotals sums the evidence of all replications.
type EvidenceTotals struct {
	RefusedLoading, RefusedTerminating         tally
	LostAtTerm, LostAtKill, LostOOM, LostProbe tally
	Grace                                      sim.Time

	LoadKills map[LoadKill]*loadKillTotals
	Serving   map[string]sim.Time
	Config    map[ConfigError]*configTotals
	Waits     map[string]*WaitTotals
	OOMKills  map[MemoryKey]*tally
	PodOOM    map[MemoryKey]*tally // at the limit of the pod
	Crashes   map[Crash]*tally
	GPUOOM    map[string]*tally
	HookKills map[string]*tally
	Hooks     hooks.Table
	Cut       cut.Work
	Failovers failoverTotals
	Daemons   DaemonTotals
	Refusals  map[refusalKey]*RefusalTotals
	// RolledAway are requests that found no endpoint while a rollout after the first
	// went on.
	RolledAway tally
	KeptAlive  map[KeptAlive]*KeptAliveTotals
}

// KeptAliveTotals are the pods of a Job that a container kept alive. Longest is how long
// one ran on after another's work was done.
type KeptAliveTotals struct {
	tally
	Longest sim.Time
}

type loadKillTotals struct {
	tally
	Uptime sim.Time
}

type configTotals struct {
	tally
	example string
}

// WaitTotals are the pods that the scheduler refused with one message.
type WaitTotals struct {
	tally
	AtEnd   int // the most in one replication
	Deleted int // before they found a node, in all replications
	Longest sim.Time
	Example *Pod
}

func newEvidenceTotals() EvidenceTotals {
	return EvidenceTotals{
		LoadKills: map[LoadKill]*loadKillTotals{},
		Serving:   map[string]sim.Time{},
		Config:    map[ConfigError]*configTotals{},
		Waits:     map[string]*WaitTotals{},
		OOMKills:  map[MemoryKey]*tally{},
		PodOOM:    map[MemoryKey]*tally{},
		Crashes:   map[Crash]*tally{},
		GPUOOM:    map[string]*tally{},
		HookKills: map[string]*tally{},
		Hooks:     hooks.Table{},
		Refusals:  map[refusalKey]*RefusalTotals{},
		KeptAlive: map[KeptAlive]*KeptAliveTotals{},
	}
}

func (t *EvidenceTotals) fold(e evidence, now sim.Time) {
	t.RefusedLoading.add(e.refusedLoading)
	t.RefusedTerminating.add(e.refusedTerminating)
	t.LostAtTerm.add(e.lostAtTerm)
	t.LostAtKill.add(e.lostAtKill)
	t.LostOOM.add(e.lostOOM)
	t.LostProbe.add(e.lostProbe)
	t.Grace = max(t.Grace, e.grace)
	for key, k := range e.loadKills {
		of := entry(t.LoadKills, key)
		of.add(k.kills)
		of.Uptime = max(of.Uptime, k.uptime)
	}
	for name, took := range e.serving {
		t.Serving[name] = max(t.Serving[name], took)
	}
	for key, c := range e.config {
		of := entry(t.Config, key)
		of.add(c.pods)
		if of.example == "" {
			of.example = c.example
		}
	}
	for key, n := range e.oomKills {
		entry(t.OOMKills, key).add(n)
	}
	for key, n := range e.podOOM {
		entry(t.PodOOM, key).add(n)
	}
	for key, n := range e.crashes {
		entry(t.Crashes, key).add(n)
	}
	for name, n := range e.gpuOOM {
		entry(t.GPUOOM, name).add(n)
	}
	for name, n := range e.hookKills {
		entry(t.HookKills, name).add(n)
	}
	t.Hooks.Fold(e.hooks)
	t.Cut.Fold(e.cut)
	t.RolledAway.add(e.rolledAway)
	for key, k := range e.keptAlive {
		of := entry(t.KeptAlive, key)
		of.add(k.pods)
		of.Longest = max(of.Longest, k.longest)
	}
	t.Failovers.fold(e.failovers)
	t.Daemons.fold(e.daemons)
	for key, r := range e.refusals {
		entry(t.Refusals, key).fold(r, now)
	}
	for message, w := range e.waits {
		of := entry(t.Waits, message)
		of.add(int64(w.pods))
		of.AtEnd = max(of.AtEnd, w.atEnd)
		of.Deleted += w.deleted
		if of.Example == nil || w.longest > of.Longest {
			of.Longest, of.Example = w.longest, w.example
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
