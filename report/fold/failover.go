package fold

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// failovers are the pods of a workload that the taint of a failed node evicted.
type failovers struct {
	pods int64
	// waited is how long a pod kept its place on a node that was NotReady, and
	// terminated how long it then took until it was gone: the longest.
	waited, terminated sim.Time
	example            *Pod // of terminated
}

func (f *failovers) settle(p *Pod, now sim.Time) {
	if p.Deleted != record.Tainted {
		return
	}
	f.pods++
	if p.unready > 0 && p.unready <= *p.Deleting {
		f.waited = max(f.waited, *p.Deleting-p.unready)
	}
	until := now
	if p.Gone != nil {
		until = *p.Gone
	}
	if d := until - *p.Deleting; f.example == nil || d > f.terminated {
		f.terminated, f.example = d, p
	}
}

// failoverTotals are those of all replications.
type failoverTotals struct {
	tally
	Waited, Terminated sim.Time
	Example            *Pod
}

func (t *failoverTotals) fold(f failovers) {
	t.add(f.pods)
	t.Waited = max(t.Waited, f.waited)
	if f.example != nil && (t.Example == nil || f.terminated > t.Terminated) {
		t.Terminated, t.Example = f.terminated, f.example
	}
}
