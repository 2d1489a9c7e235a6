package attachdetach

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Config is how long it takes, in seconds, and how many volumes machines take.
type Config struct {
	Attach, Detach, Mount distribution.Dist
	// Limits are how many volumes of a driver a machine takes, by machine and driver.
	Limits map[string]map[string]int32
}

// Machines are the machines whose kubelets mount volumes.
type Machines interface {
	// Up reports whether a machine is there and runs.
	Up(node string) bool
}

// Controller attaches, detaches and mounts.
type Controller struct {
	*apiserver.Store
	config   Config
	machines Machines
	attaches func(driver string) bool

	volumes map[string]*volume // by name
	order   []*volume          // as they came
	pods    map[types.UID]*pod
	byClaim map[string][]*pod // that wait for the claim to be bound
	phases  map[string]sim.Time
	next    sim.Timer
	limited bool // machines have told how many volumes they take
}

// New returns the controller. It has to watch the store and its pods, after the one that
// binds claims. attaches says of a driver whether its volumes are attached.
func New(s *apiserver.Store, config Config, machines Machines, attaches func(driver string) bool) *Controller {
	c := &Controller{Store: s, config: config, machines: machines, attaches: attaches,
		volumes: map[string]*volume{}, pods: map[types.UID]*pod{}, byClaim: map[string][]*pod{},
		phases: map[string]sim.Time{}}
	c.next.Init(s.Loop, sim.PhaseControl, c.reconcile)
	return c
}

// volume is a volume that is attached, or to be.
type volume struct {
	api  *v1.PersistentVolume // as it was when a pod first had it
	on   []*attachment        // in the order in which the machines got it
	want []*pod               // that have a node, in the order in which they got it
	told map[string]bool      // machines of which it was told that they wait
}

// attachment is a volume and a machine.
type attachment struct {
	node  string
	state state
	since sim.Time // it is attached
	asked sim.Time // its detach was first wanted, sim.Never before
	tick  sim.Time // when its kubelet next tells that it has given the volume up, sim.Never before it is asked
}

// state is how far an attachment is.
type state int

const (
	attaching state = iota
	attached
	detaching
)

// pod is a pod that has a node and claims.
type pod struct {
	api     *apiserver.Pod
	claims  []string // namespace/name, which are not bound yet
	volumes []string // that are attached, by name
	mount   *mount   // what its kubelet waits with, nil before it does
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if change.New == nil || podutil.IsPodTerminal(change.New) {
		c.leave(change.Old)
		return
	}
	if change.New.Spec.NodeName == "" || (change.Old != nil && change.Old.Spec.NodeName != "") {
		return
	}
	claims := apiserver.ClaimsOf(change.New)
	if len(claims) == 0 {
		return
	}
	c.limits()
	p := &pod{api: change.Pod, claims: claims}
	c.pods[change.New.UID] = p
	c.place(p)
}

// place finds the volumes of a pod's claims. Those that are not bound it waits for.
func (c *Controller) place(p *pod) {
	var waits []string
	for _, key := range p.claims {
		o := c.volumeOf(key)
		if o == nil {
			waits = append(waits, key)
			c.byClaim[key] = append(c.byClaim[key], p)
			continue
		}
		if o.Spec.CSI == nil || !c.attaches(o.Spec.CSI.Driver) {
			continue
		}
		v := c.volumes[o.Name]
		if v == nil {
			v = &volume{told: map[string]bool{}}
			c.volumes[o.Name] = v
			c.order = append(c.order, v)
		}
		v.api = o
		v.want = append(v.want, p)
		p.volumes = append(p.volumes, o.Name)
	}
	p.claims = waits
	c.kick()
	c.look(p)
}

// volumeOf is the volume of a claim, nil when that is not bound.
func (c *Controller) volumeOf(claim string) *v1.PersistentVolume {
	namespace, name := record.SplitName(claim)
	o, known := apiserver.Find[*v1.PersistentVolumeClaim](c.Store, namespace, name)
	if !known || o.Spec.VolumeName == "" || o.Status.Phase != v1.ClaimBound {
		return nil
	}
	v, known := apiserver.Find[*v1.PersistentVolume](c.Store, "", o.Spec.VolumeName)
	if !known {
		return nil
	}
	return v
}

// leave is the end of a pod: nobody needs its volumes there.
func (c *Controller) leave(o *v1.Pod) {
	if o == nil {
		return
	}
	p := c.pods[o.UID]
	if p == nil {
		return
	}
	delete(c.pods, o.UID)
	for _, name := range p.volumes {
		v := c.volumes[name]
		for i, other := range v.want {
			if other == p {
				v.want = append(v.want[:i:i], v.want[i+1:]...)
				break
			}
		}
	}
	c.kick()
}

// Changed implements apiserver.Watcher: claims that are bound, machines that are new, get
// Ready or not, or have other taints.
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *v1.PersistentVolumeClaim:
		key := kinds.KeyOf(o)
		if waiting := c.byClaim[key]; len(waiting) > 0 && change.New != nil && o.Status.Phase == v1.ClaimBound {
			delete(c.byClaim, key)
			for _, p := range waiting {
				if c.pods[p.api.Object().UID] == p {
					c.place(p)
				}
			}
		}
	case *v1.Node:
		if change.Old == nil && c.limited {
			c.limit(o)
		}
		if len(c.order) > 0 {
			c.kick()
		}
	}
}

// kick has the controller look at its next turn.
func (c *Controller) kick() {
	const period = sim.Time(decide.ReconcilerPeriod)
	if now := c.Now(); len(c.order) > 0 {
		c.at(now - now%period + period)
	}
}

// at has it look then, at the latest.
func (c *Controller) at(t sim.Time) {
	if !c.next.Armed() || t < c.next.Deadline() {
		c.next.Set(t)
	}
}

// draw is how long something takes for a volume and a machine.
func (c *Controller) draw(law distribution.Dist, what, object string) time.Duration {
	if law == nil {
		return 0
	}
	return time.Duration(law.Sample(c.Streams.Get(what, object)) * float64(time.Second))
}
