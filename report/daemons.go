package report

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
	longest sim.Time
	example daemonWait
}

// daemonWait is one of them, and what of its node is left for it.
type daemonWait struct {
	pod      *pod
	resource string // the first that is short
	room     float64
	asked    float64
	beside   string  // the workload that requests most of it there, "" for none
	besides  float64 // what it requests
	// fits is how many nodes of those with or for a pod of the DaemonSet have
	// room for one that requests as much.
	fits, nodes int
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
		if p.target == "" || !p.waits() || !strings.Contains(p.message, "Insufficient ") {
			continue
		}
		w, short := r.daemonWait(p)
		if !short {
			continue
		}
		e := &p.workload.evidence.daemons
		e.pods++
		if d := p.waited(r.now); d > e.longest {
			e.longest, e.example = d, w
		}
	}
}

func (r *replication) daemonWait(p *pod) (daemonWait, bool) {
	w := daemonWait{pod: p}
	asked := result.AmountsOf(p.requests)
	room := r.room(p.target, nil)
	for _, of := range roomResources {
		if of.of(asked) <= of.of(room) {
			continue
		}
		w.resource, w.room, w.asked = of.name, max(0, of.of(room)), of.of(asked)
		w.beside, w.besides = r.largest(p.target, of.of)
		w.fits, w.nodes = r.fitting(p)
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
			room.AddScaled(result.AmountsOf(p.requests), -1)
		}
	}
	return room
}

// largest is the workload whose pods request most of a resource on a node.
func (r *replication) largest(node string, of func(result.Amounts) float64) (key string, most float64) {
	sums := map[string]float64{}
	for _, p := range r.pods {
		if p.placed && p.Node == node {
			sums[p.workload.key] += of(result.AmountsOf(p.requests))
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
func (r *replication) fitting(p *pod) (fit, nodes int) {
	seen := map[string]bool{}
	for _, other := range r.pods {
		name := cmp.Or(other.Node, other.target)
		if other.workload != p.workload || !other.active || seen[name] {
			continue
		}
		seen[name] = true
		nodes++
		if result.Fits(result.AmountsOf(record.Resources{CPU: p.requests.CPU, Memory: p.requests.Memory, GPU: p.requests.GPU}), r.room(name, p.workload)) {
			fit++
		}
	}
	return fit, nodes
}
