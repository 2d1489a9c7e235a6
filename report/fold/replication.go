package fold

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// replication is what is kept of the replication that is being read.
type replication struct {
	index       int
	now         sim.Time // of the latest record
	ended       bool     // its End record was read
	complete    bool     // up to the horizon
	events      uint64
	living      map[string]*Pod // by name, also those that are gone until their name is used again
	pods        []*Pod          // in the order of their creation
	workloads   map[string]*workload
	services    map[string]*service
	steps       []record.Step // of the timeline, so far, without those that failed
	failed      map[StepKey]bool
	pools       map[string]*pool
	nodes       map[string]*nodeUse
	allocatable map[string]result.Amounts // of nodes
}

func newReplication(run record.Run, index int) *replication {
	r := &replication{
		index:       index,
		living:      map[string]*Pod{},
		workloads:   map[string]*workload{},
		services:    map[string]*service{},
		pools:       map[string]*pool{},
		nodes:       map[string]*nodeUse{},
		allocatable: map[string]result.Amounts{},
		failed:      map[StepKey]bool{},
	}
	for _, w := range run.Workloads {
		r.workload(w.Key).declare(w)
	}
	for _, s := range run.Services {
		of := r.service(s.Key)
		of.workloads, of.inTime = s.Workloads, s.Objective != nil && s.Objective.Latency > 0
	}
	for _, n := range run.Nodes {
		r.pool(n.Pool).allocatable.Add(n.Allocatable)
		r.allocatable[n.Name] = result.AmountsOf(n.Allocatable)
	}
	return r
}

func (r *replication) workload(key string) *workload {
	w, ok := r.workloads[key]
	if !ok {
		w = newWorkload(key)
		r.workloads[key] = w
	}
	return w
}

func (r *replication) service(key string) *service {
	s, ok := r.services[key]
	if !ok {
		s = &service{key: key, costs: map[int]*cost{}}
		r.services[key] = s
	}
	return s
}

func (r *replication) pool(name string) *pool {
	p, ok := r.pools[name]
	if !ok {
		p = &pool{}
		r.pools[name] = p
	}
	return p
}

func (r *replication) node(name string) *nodeUse {
	n, ok := r.nodes[name]
	if !ok {
		n = &nodeUse{}
		r.nodes[name] = n
	}
	return n
}

func (r *replication) end(e record.End) {
	r.ended = true
	r.complete = e.Reason == record.AtHorizon
	r.events = e.Events
}

// close settles what lasts until the end: running containers, open rollouts,
// pods that still wait.
func (r *replication) close() {
	for _, p := range r.pods {
		p.stopClock(r.now)
		p.workload.settle(p, r.now)
	}
	r.judgeDaemons()
	for _, key := range slices.Sorted(maps.Keys(r.workloads)) {
		r.workloads[key].close(r.now)
	}
}
