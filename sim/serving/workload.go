package serving

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Workload says how the containers of some pods behave.
type Workload struct {
	// Kind, Namespace and Name select the top controller of the pods, or a
	// bare Pod; an empty field matches all.
	Kind, Namespace, Name string
	// Container selects one container by name; empty matches all.
	Container string
	// Pods selects some of the pods; empty matches all.
	Pods Pods

	Behaviour kubelet.Behaviour
	Server    load.Server
}

// Matches reports whether the workload describes a container of a pod that
// belongs to the named owner.
func (w Workload) Matches(kind, namespace, name, container string) bool {
	match := func(pattern, value string) bool { return pattern == "" || pattern == value }
	return match(w.Kind, kind) && match(w.Namespace, namespace) && match(w.Name, name) && match(w.Container, container)
}

// descriptions are all Workloads; the first that matches a container holds, where one
// that is for some of the pods goes before those for all. Those
// that name it in full are found by name, so that a cluster of thousands of bare
// pods, each with a description, costs no walk over all of them.
type descriptions struct {
	list     []Workload
	streams  sim.Streams
	some     []int             // for some pods
	named    map[string]int    // by the container that they name in full
	patterns []int             // the others
	first    map[string]string // the first revision of a workload; nil when nobody asks
}

func describe(list []Workload, streams sim.Streams) *descriptions {
	d := &descriptions{list: list, streams: streams, named: map[string]int{}}
	for i, w := range list {
		if !w.Pods.All() {
			d.some = append(d.some, i)
			if w.Pods.Revision != "" && d.first == nil {
				d.first = map[string]string{}
			}
			continue
		}
		if w.Kind == "" || w.Namespace == "" || w.Name == "" || w.Container == "" {
			d.patterns = append(d.patterns, i)
			continue
		}
		k := kinds.WorkloadKey(w.Namespace, w.Kind, w.Name) + "/" + w.Container
		if _, known := d.named[k]; !known {
			d.named[k] = i
		}
	}
	return d
}

// of is the description of a container, an empty one where there is none.
func (d *descriptions) of(p *apiserver.Pod, container string) *Workload {
	of := record.ParseKey(p.Workload)
	d.note(p)
	for _, i := range d.some {
		if w := &d.list[i]; w.Matches(of.Kind, of.Namespace, of.Name, container) && d.selects(&w.Pods, p, container) {
			return w
		}
	}
	first, found := d.named[p.Workload+"/"+container]
	for _, i := range d.patterns {
		if found && i > first {
			break
		}
		if w := &d.list[i]; w.Matches(of.Kind, of.Namespace, of.Name, container) {
			first, found = i, true
			break
		}
	}
	if !found {
		return &Workload{}
	}
	return &d.list[first]
}
