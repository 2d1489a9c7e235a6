package serving

import (
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

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
	// Indexes selects pods of an Indexed Job by their completion index; empty
	// matches all pods.
	Indexes []IndexRange

	Behaviour kubelet.Behaviour
	Server    load.Server
}

// IndexRange is completion indexes, the last included.
type IndexRange struct{ First, Last int }

// Matches reports whether the workload describes a container of a pod that
// belongs to the named owner.
func (w Workload) Matches(kind, namespace, name, container string) bool {
	match := func(pattern, value string) bool { return pattern == "" || pattern == value }
	return match(w.Kind, kind) && match(w.Namespace, namespace) && match(w.Name, name) && match(w.Container, container)
}

// matchesPod reports whether the pod's completion index is one of the
// workload's.
func (w *Workload) matchesPod(o *v1.Pod) bool {
	if len(w.Indexes) == 0 {
		return true
	}
	index, err := strconv.Atoi(o.Annotations[batchv1.JobCompletionIndexAnnotation])
	return err == nil &&
		slices.ContainsFunc(w.Indexes, func(r IndexRange) bool { return r.First <= index && index <= r.Last })
}

// descriptions are all Workloads; the first that matches a container holds. Those
// that name it in full are found by name, so that a cluster of thousands of bare
// pods, each with a description, costs no walk over all of them.
type descriptions struct {
	list     []Workload
	named    map[string]int // by the container that they name in full
	patterns []int          // the others
}

func describe(list []Workload) *descriptions {
	d := &descriptions{list: list, named: map[string]int{}}
	for i, w := range list {
		if w.Kind == "" || w.Namespace == "" || w.Name == "" || w.Container == "" || len(w.Indexes) > 0 {
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
	first, found := d.named[p.Workload+"/"+container]
	for _, i := range d.patterns {
		if found && i > first {
			break
		}
		if w := &d.list[i]; w.Matches(of.Kind, of.Namespace, of.Name, container) && w.matchesPod(p.Object()) {
			first, found = i, true
			break
		}
	}
	if !found {
		return &Workload{}
	}
	return &d.list[first]
}
