package fold

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// daemonWaits are the pods of a DaemonSet that wait to the end, each for the
// one node that it is for.
type daemonWaits struct {
	pods    int
	Longest sim.Time
	Example DaemonWait
}

// DaemonWait is one of them, and what of its node is left for it.
type DaemonWait struct {
	Pod      *Pod
	Resource string // the first that is short
	Room     float64
	Asked    float64
	Beside   string  // the workload that requests most of it there, "" for none
	Besides  float64 // what it requests
	// fits is how many nodes of those with or for a pod of the DaemonSet have
	// room for one that requests as much.
	Fits, Nodes int
}

// resources by which a pod is too large for a node, in the order in which one
// is named.
var roomResources = []struct {
	name string
	of   func(result.Amounts) float64
}{
	{"memory", func(a result.Amounts) float64 { return a.Memory }},
	{"cpu", func(a result.Amounts) float64 { return a.CPU }},
	{"nvidia.com/gpu", func(a result.Amounts) float64 { return a.GPU }},
}

// judgeDaemons looks at the pods of DaemonSets that wait.
func (r *replication) judgeDaemons() {
	for _, p := range r.pods {
		if p.Target == "" || !p.waits() || !strings.Contains(p.Message, "Insufficient ") {
			continue
		}
		w, short := r.daemonWait(p)
		if !short {
			continue
		}
		e := &p.workload.evidence.daemons
		e.pods++
		if d := p.waited(r.now); d > e.Longest {
			e.Longest, e.Example = d, w
		}
	}
}

func (r *replication) daemonWait(p *Pod) (DaemonWait, bool) {
	w := DaemonWait{Pod: p}
	asked := result.AmountsOf(p.Requests)
	room := r.room(p.Target, nil)
	for _, of := range roomResources {
		if of.of(asked) <= of.of(room) {
			continue
		}
		w.Resource, w.Room, w.Asked = of.name, max(0, of.of(room)), of.of(asked)
		w.Beside, w.Besides = r.largest(p.Target, of.of)
		w.Fits, w.Nodes = r.fitting(p)
		return w, true
	}
	return w, false
}

// room is what the pods on a node leave of it, those of one workload not
// counted.
func (r *replication) room(node string, except *workload) result.Amounts {
	room := r.allocatable[node]
	for _, p := range r.pods {
		if p.placed && p.Node == node && p.workload != except {
			room.AddScaled(result.AmountsOf(p.Requests), -1)
		}
	}
	return room
}

// largest is the workload whose pods request most of a resource on a node.
func (r *replication) largest(node string, of func(result.Amounts) float64) (key string, most float64) {
	sums := map[string]float64{}
	for _, p := range r.pods {
		if p.placed && p.Node == node {
			sums[p.workload.key] += of(result.AmountsOf(p.Requests))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(sums)) {
		if sums[k] > most {
			key, most = k, sums[k]
		}
	}
	return key, most
}

// fitting counts the nodes of a DaemonSet, and those that have room for a pod
// that requests as much as p.
func (r *replication) fitting(p *Pod) (fit, nodes int) {
	seen := map[string]bool{}
	for _, other := range r.pods {
		name := cmp.Or(other.Node, other.Target)
		if other.workload != p.workload || !other.active || seen[name] {
			continue
		}
		seen[name] = true
		nodes++
		if result.Fits(result.AmountsOf(record.Resources{CPU: p.Requests.CPU, Memory: p.Requests.Memory,
			GPU: p.Requests.GPU}), r.room(name, p.workload)) {
			fit++
		}
	}
	return fit, nodes
}

// DaemonTotals are the daemonWaits of all replications.
type DaemonTotals struct {
	daemonWaits
	Runs int
}

func (t *DaemonTotals) fold(w daemonWaits) {
	if w.pods == 0 {
		return
	}
	t.Runs++
	t.pods = max(t.pods, w.pods)
	if t.Example.Pod == nil || w.Longest > t.Longest {
		t.Longest, t.Example = w.Longest, w.Example
	}
}
