package rollout

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Demand is what the pods of a workload ask for at one time, those that wait for a node
// and those that terminate among them; Nodes have some of them.
type Demand struct {
	Pods   int     `json:"pods"`
	CPU    float64 `json:"cpu"`    // cores
	Memory int64   `json:"memory"` // bytes
	GPU    int64   `json:"gpu"`
	Nodes  int     `json:"nodes"`
}

// raise takes of each amount the larger one.
func (d *Demand) raise(o Demand) {
	d.Pods, d.CPU, d.Memory = max(d.Pods, o.Pods), max(d.CPU, o.CPU), max(d.Memory, o.Memory)
	d.GPU, d.Nodes = max(d.GPU, o.GPU), max(d.Nodes, o.Nodes)
}

// replication is what one replication tells.
type replication struct {
	began, complete *sim.Time
	desired         int // pods, when the update began
	readyAtBegin    int
	readyMin        int
	notReady        float64 // pod-seconds short of what is desired, while it ran
	before, peak    Demand
	failed          [record.CauseCount]int64
	ended           int64 // requests
	late            int64
	turnsFailed     int64
	sessionsLost    int64
}

// pod is one of the workload.
type pod struct {
	requests record.Resources
	node     string
	ready    bool
	leaving  bool
}

// Watch reads the records of a run and keeps what the update of one workload takes that
// begins at a time or later.
type Watch struct {
	workload string // its key
	from     sim.Time
	run      record.Run
	entries  map[string]bool // Services where the load comes in; nil for all

	done    []replication
	current replication
	pods    map[string]*pod
	desired int
	now     sim.Time
}

// NewWatch returns a Watch of the update of a workload, namespace/Kind/name.
func NewWatch(workload string, from sim.Time) *Watch { return &Watch{workload: workload, from: from} }

// Add takes the next record.
func (w *Watch) Add(r record.Record) error {
	switch r := r.(type) {
	case record.Run:
		w.start(r)
	case record.Requests:
		w.requests(r)
	case record.End:
		w.advance(r.T)
		w.done = append(w.done, w.current)
		w.reset()
	default:
		w.life(r)
	}
	return nil
}

func (w *Watch) start(run record.Run) {
	w.run = run
	for _, s := range run.Services {
		if s.Entry {
			if w.entries == nil {
				w.entries = map[string]bool{}
			}
			w.entries[s.Key] = true
		}
	}
	w.reset()
}

func (w *Watch) reset() {
	w.current, w.pods, w.now, w.desired = replication{}, map[string]*pod{}, 0, 0
	for _, of := range w.run.Workloads {
		if of.Key == w.workload {
			w.desired = int(of.Replicas)
		}
	}
}

// life follows the pods of the workload.
func (w *Watch) life(r record.Record) {
	switch r := r.(type) {
	case record.Scaled:
		if r.Workload == w.workload {
			w.change(r.T, func() { w.desired = int(r.To) })
		}
	case record.Rollout:
		if r.Workload == w.workload {
			w.change(r.T, func() { w.turn(r) })
		}
	case record.PodCreated:
		if r.Owner == w.workload {
			w.change(r.T, func() { w.pods[r.Pod] = &pod{requests: r.Requests} })
		}
	case record.PodScheduled:
		w.changePod(r.T, r.Pod, func(p *pod) { p.node = r.Node })
	case record.PodReady:
		w.changePod(r.T, r.Pod, func(p *pod) { p.ready = r.Ready })
	case record.PodDeleting:
		w.changePod(r.T, r.Pod, func(p *pod) { p.leaving = true })
	case record.PodFinished:
		w.changePod(r.T, r.Pod, func(p *pod) { p.ready, p.requests = false, record.Resources{} })
	case record.PodGone:
		w.changePod(r.T, r.Pod, func(*pod) { delete(w.pods, r.Pod) })
	}
}

// change does something to the workload.
func (w *Watch) change(t sim.Time, do func()) {
	w.advance(t)
	do()
	w.observe()
}

// changePod does something to a pod, if it is one of the workload.
func (w *Watch) changePod(t sim.Time, name string, do func(*pod)) {
	if p := w.pods[name]; p != nil {
		w.change(t, func() { do(p) })
	}
}

func (w *Watch) turn(r record.Rollout) {
	c := &w.current
	switch {
	case r.Phase == record.RolloutStarted && r.T >= w.from && c.began == nil:
		c.began, c.desired, c.readyAtBegin = &r.T, w.desired, w.ready()
		c.readyMin, c.before = c.readyAtBegin, w.demand()
	case r.Phase == record.RolloutComplete && w.runs():
		c.complete = &r.T
	}
}

// runs reports whether the update goes on.
func (w *Watch) runs() bool { return w.current.began != nil && w.current.complete == nil }

// advance counts the time until t, in which nothing changed.
func (w *Watch) advance(t sim.Time) {
	if w.runs() && t > w.now {
		w.current.notReady += (t - max(w.now, *w.current.began)).Seconds() * float64(max(0, w.desired-w.ready()))
	}
	w.now = max(w.now, t)
}

// observe raises the peaks. Pods that an update replaced last go after it is complete.
func (w *Watch) observe() {
	if w.current.began == nil {
		return
	}
	w.current.peak.raise(w.demand())
	if w.runs() {
		w.current.readyMin = min(w.current.readyMin, w.ready())
	}
}

// ready counts the ready pods, without those that terminate.
func (w *Watch) ready() (n int) {
	for _, p := range w.pods {
		if p.ready && !p.leaving {
			n++
		}
	}
	return n
}

func (w *Watch) demand() Demand {
	d, nodes := Demand{Pods: len(w.pods)}, map[string]bool{}
	milli := int64(0) // whole numbers add up to the same in any order
	for _, p := range w.pods {
		milli += int64(p.requests.CPU*1000 + 0.5)
		d.Memory += p.requests.Memory
		d.GPU += p.requests.GPU
		if p.node != "" {
			nodes[p.node] = true
		}
	}
	d.CPU, d.Nodes = float64(milli)/1000, len(nodes)
	return d
}

func (w *Watch) requests(r record.Requests) {
	if w.entries != nil && !w.entries[r.Service] {
		return
	}
	c := &w.current
	c.ended += r.OK
	c.late += r.Late
	for i, cause := range record.Causes {
		c.failed[i] += r.Failed[cause]
		c.ended += r.Failed[cause]
	}
	if s := r.Sessions; s != nil {
		c.turnsFailed += s.TurnsFailed
		for _, cause := range record.SessionCauses {
			c.sessionsLost += s.Lost[cause]
		}
	}
}
