package nodes

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// collector is the pod garbage collector. It polls while there is a pod that it
// will have to do with.
type collector struct {
	requests
	decides    *nodelifecycle.PodGC
	timer      sim.Timer
	phase      sim.Time // of the poller
	collecting bool     // the writes of a pass are under way
	ended      int      // pods that have ended and are there
	threshold  int      // of them, from which on the oldest are collected; 0 for none
}

// collectPeriod is that of the pod garbage collector with what a pass takes
// before it deletes anything. Deletions put off the passes that follow.
const collectPeriod = nodelifecycle.PodGCPeriod + time.Millisecond

func newCollector(p *manager.Parts, o Options, random *rand.Rand) (*collector, error) {
	client := p.Server.NewClient(manager.Options{Latency: manager.CallTime / 2, Polls: true})
	c := &collector{requests: requests{p, client}, threshold: o.Config.TerminatedPodGCThreshold}
	var err error
	if c.decides, err = nodelifecycle.NewPodGC(o.Config); err != nil {
		return nil, err
	}
	c.phase = sim.Time(random.Int64N(int64(nodelifecycle.PodGCPeriod))).Add(time.Millisecond)
	c.timer.Init(p.Loop, sim.PhaseControl, c.collect)
	return c, nil
}

// later lets the collector look, from now on.
func (c *collector) later() {
	if !c.timer.Armed() && !c.collecting {
		c.timer.Set(nextTick(c.Now(), c.phase, collectPeriod))
	}
}

// podChanged is a pod that is new (old is nil) or was written. It concerns the
// collector when it is bound to a node that is not there, when it has ended, or
// when it terminates without a node, for nobody else says that it has failed.
func (c *collector) podChanged(old, next *v1.Pod) {
	node, bound := next.Spec.NodeName, old != nil && old.Spec.NodeName != ""
	if node != "" && !bound && nodeNamed(c.Store, node) == nil {
		c.later()
	}
	if podutil.IsPodPhaseTerminal(next.Status.Phase) && (old == nil || !podutil.IsPodPhaseTerminal(old.Status.Phase)) {
		c.ended++
		if c.tooManyEnded() {
			c.later()
		}
	}
	if node == "" && next.DeletionTimestamp != nil {
		c.later()
	}
}

// gone is a pod that has left the API.
func (c *collector) gone(o *v1.Pod) {
	if podutil.IsPodPhaseTerminal(o.Status.Phase) {
		c.ended--
	}
}

func (c *collector) tooManyEnded() bool { return c.threshold > 0 && c.ended > c.threshold }

// collect is a pass over all pods.
func (c *collector) collect(now sim.Time) {
	var pods []*v1.Pod
	for p := range c.Pods() {
		pods = append(pods, p.Object())
	}
	c.collecting = true
	named := func(name string) *v1.Node { return nodeNamed(c.Store, name) }
	c.inTurn(c.decides.Collect(pods, named, c.Wall(now)), func() {
		c.collecting = false
		c.phase = c.Now().Add(collectPeriod)
		if c.uncollected() {
			c.later()
		}
	})
}

// uncollected reports whether there is a pod that the collector will have to do
// with.
func (c *collector) uncollected() bool {
	if c.tooManyEnded() {
		return true
	}
	for p := range c.Pods() {
		if p.Node() == "" {
			if p.Deleting() {
				return true
			}
			continue
		}
		if n := nodeNamed(c.Store, p.Node()); n == nil || outOfService(n) {
			return true
		}
	}
	return false
}
