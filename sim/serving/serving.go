package serving

import (
	"fmt"
	"hash/fnv"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Options are what is served, and by whom.
type Options struct {
	Workloads []Workload
	Traffic   []load.Traffic
	Queues    []Queue
	Externals []load.External
	// Window is the window of counted records.
	Window sim.Time
}

// Serving is the servers of a cluster. It implements machine.Programs and
// apiserver.Watcher.
type Serving struct {
	*apiserver.Store
	Network *load.Network

	options      Options
	descriptions *descriptions
	services     map[string]*service
	servers      map[types.UID]map[string]*load.Instance // by pod and container
}

// New returns the network of a cluster without Services. Open it when what is
// measured is known.
func New(s *apiserver.Store, o Options) *Serving {
	v := &Serving{
		Store: s, options: o, descriptions: describe(o.Workloads, s.Streams), services: map[string]*service{},
		servers: map[types.UID]map[string]*load.Instance{},
		Network: load.NewNetwork(s.Loop, s.Streams, s.Replication, o.Window, s.Record),
	}
	v.Network.SetLacks(func(key string) bool { return v.services[key] == nil })
	return v
}

// Open adds what lies outside the cluster.
func (v *Serving) Open() {
	for _, q := range v.options.Queues {
		v.Network.Queue(q.Key, q.Redeliver)
	}
	for _, e := range v.options.Externals {
		v.Network.External(e)
	}
}

// Behaviour implements machine.Programs.
func (v *Serving) Behaviour(p *apiserver.Pod, container string) kubelet.Behaviour {
	return v.descriptions.of(p, container).Behaviour
}

// Serve implements machine.Programs.
func (v *Serving) Serve(p *apiserver.Pod, container string, running func() *kubelet.Container) (kubelet.Work, float64) {
	server := &v.descriptions.of(p, container).Server
	if server.Program == nil {
		return nil, 0
	}
	meter := func(now sim.Time, inFlight int, served, sessionBytes int64) {
		running().Requests(now, inFlight, served, sessionBytes)
	}
	instance := load.NewInstance(v.Network, hashOf(p.Stream()+"/"+container), server, meter)
	uid := p.Object().UID
	if v.servers[uid] == nil {
		v.servers[uid] = map[string]*load.Instance{}
	}
	v.servers[uid][container] = instance
	if server.Model == nil {
		return instance, 0
	}
	return instance, server.Model.Utilization()
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// Instance is the server in a container of a pod, nil when there is none.
func (v *Serving) Instance(p *apiserver.Pod, container string) *load.Instance {
	return v.servers[p.Object().UID][container]
}

// Taken implements machine.Programs.
func (v *Serving) Taken(_ sim.Time, p *apiserver.Pod) { v.pull(p) }

// Gone implements machine.Programs. The pod takes no more messages.
func (v *Serving) Gone(p *apiserver.Pod) {
	o := p.Object()
	for i := range o.Spec.Containers {
		if instance := v.Instance(p, o.Spec.Containers[i].Name); instance != nil {
			instance.Leave()
		}
	}
	delete(v.servers, o.UID)
}

// Model implements machine.Programs.
func (v *Serving) Model(p *apiserver.Pod, container string, r *record.ContainerModel) bool {
	instance := v.Instance(p, container)
	if instance == nil || instance.Model() == nil {
		return false
	}
	m := instance.Model().Stats()
	r.Busy, r.PromptTokens, r.CachedTokens, r.OutputTokens = m.Busy, m.PromptTokens, m.CachedTokens, m.OutputTokens
	r.Preemptions, r.CachePeak = m.Preemptions, m.CachePeak
	return true
}

// AnnounceOutages writes the outages outside the cluster among the steps, for what
// follows from them.
func (v *Serving) AnnounceOutages(horizon sim.Time) {
	for _, e := range v.options.Externals {
		for _, o := range e.Outages {
			if o.From < horizon {
				v.Loop.At(o.From, sim.PhaseTimeline, sim.Func(func(sim.Time) {
					v.Record(record.Step{At: v.At(), Text: fmt.Sprintf("outage of %s for %s", e.Name, o.To.Sub(o.From))})
				}))
			}
		}
	}
}

// Close writes what is only known at the end.
func (v *Serving) Close(now sim.Time) {
	for _, s := range v.Network.Services() {
		v.Fail(s.Close(now))
	}
}

// CheckConservation holds that no request was lost or made up.
func (v *Serving) CheckConservation() {
	for _, s := range v.Network.Services() {
		if arrived, ended, inFlight := s.Balance(); arrived != ended+inFlight || inFlight < 0 {
			v.Fail(fmt.Errorf("%s: %d requests arrived, but %d ended and %d are in flight", s.Key, arrived, ended, inFlight))
		}
	}
}
