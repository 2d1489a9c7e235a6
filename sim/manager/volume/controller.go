package volume

import (
	"cmp"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// resyncPeriod is --pvclaimbinder-sync-period: claims that nothing fits are looked at
// again that often.
const resyncPeriod = 15 * time.Second

// Config is what the drivers of a cluster do.
type Config struct {
	// Provision and Delete are how long a driver takes for a volume, seconds.
	Provision, Delete distribution.Dist
	// Drivers are those that a scenario describes, beside those that are known.
	Drivers map[string]Driver
}

// Driver is what a CSI driver's volumes are.
type Driver struct {
	// Topology is the label of the machines that reach a volume, "" for all.
	Topology string
	// Attaches says that volumes are attached to a machine first.
	Attaches bool
}

// Controller looks after all PersistentVolumes and claims.
type Controller struct {
	*manager.Parts
	manager.Controller
	config    Config
	ofClaims  *manager.Queue
	ephemeral manager.Controller

	claims  map[types.UID]*claim
	volumes map[types.UID]*volume
	pods    map[types.UID]*pod          // with generic ephemeral volumes
	users   map[string][]*apiserver.Pod // that have not ended, by claim, in the order they came

	resync sim.Timer
}

// New returns the controllers of volumes. They have to watch the store and its pods.
// workers are those for generic ephemeral volumes.
func New(p *manager.Parts, workers int, latency time.Duration, config Config) *Controller {
	c := &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: 1, Latency: latency}), config: config,
		ephemeral: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		claims:    map[types.UID]*claim{}, volumes: map[types.UID]*volume{}, pods: map[types.UID]*pod{},
		users: map[string][]*apiserver.Pod{},
	}
	c.ofClaims = c.Second(manager.Options{Workers: 1, Latency: latency})
	c.resync.Init(p.Loop, sim.PhaseControl, func(sim.Time) { c.lookAgain() })
	p.SetStrategy(claimKind, claimStrategy{p.Store})
	p.SetStrategy(volumeKind, volumeStrategy{})
	p.SetHold(claimKind, c.holdsClaim)
	p.SetHold(volumeKind, c.holdsVolume)
	return c
}

const (
	claimKind  = "PersistentVolumeClaim"
	volumeKind = "PersistentVolume"
)

// claim is what the controllers keep of a claim, volume of a volume.
type (
	claim struct {
		c    *Controller
		api  *v1.PersistentVolumeClaim // as it is stored, or was last
		work manager.Key
		made bool // its driver is at it
		told string
	}
	volume struct {
		c    *Controller
		api  *v1.PersistentVolume // as it is stored, or was last
		work manager.Key
		gone bool // its driver deletes it
	}
)

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *v1.PersistentVolumeClaim:
		c.claimChanged(o, change.New == nil)
	case *v1.PersistentVolume:
		c.volumeChanged(o, change.New == nil)
		c.resyncLater()
	case *storagev1.StorageClass:
		c.resyncLater()
	}
}

func (c *Controller) claimChanged(o *v1.PersistentVolumeClaim, gone bool) {
	k := c.claims[o.UID]
	if gone {
		if k != nil {
			k.work.Drop()
			delete(c.claims, o.UID)
		}
		if v, known := apiserver.Find[*v1.PersistentVolume](c.Store, "", o.Spec.VolumeName); known {
			c.enqueueVolume(v)
		}
		return
	}
	if k == nil {
		k = &claim{c: c}
		k.work.Init(c.ofClaims, k.sync)
		c.claims[o.UID] = k
	}
	k.api = o
	k.work.Add()
	k.provision()
}

func (c *Controller) volumeChanged(o *v1.PersistentVolume, gone bool) {
	k := c.volumes[o.UID]
	if gone {
		if k != nil {
			k.work.Drop()
			delete(c.volumes, o.UID)
		}
		if ref := o.Spec.ClaimRef; ref != nil { // its claim is Lost
			c.enqueueClaim(ref.Namespace, ref.Name)
		}
		return
	}
	if k == nil {
		k = &volume{c: c}
		k.work.Init(c.Queue, k.sync)
		c.volumes[o.UID] = k
	}
	k.api = o
	k.work.Add()
	k.remove()
}

func (c *Controller) enqueueVolume(o *v1.PersistentVolume) {
	if k := c.volumes[o.UID]; k != nil {
		k.work.Add()
	}
}

func (c *Controller) enqueueClaim(namespace, name string) {
	if o, known := apiserver.Find[*v1.PersistentVolumeClaim](c.Store, namespace, name); known && c.claims[o.UID] != nil {
		c.claims[o.UID].work.Add()
	}
}

// resyncLater has the claims that wait looked at at the next resync, since something has
// changed that may fit them. When nothing has, the resync finds what it found before, and
// is left out.
func (c *Controller) resyncLater() {
	if c.resync.Armed() || !c.waits() {
		return
	}
	const period = sim.Time(resyncPeriod)
	c.resync.Set(c.Now() - c.Now()%period + period)
}

func (c *Controller) waits() bool {
	for _, k := range c.claims {
		if k.api.Spec.VolumeName == "" || k.api.Status.Phase != v1.ClaimBound {
			return true
		}
	}
	return false
}

// lookAgain is resync of pv_controller_base.go, for claims that wait.
func (c *Controller) lookAgain() {
	for _, o := range apiserver.List[*v1.PersistentVolumeClaim](c.Store) {
		if k := c.claims[o.UID]; k != nil && o.Status.Phase != v1.ClaimBound {
			k.work.Add()
		}
	}
}

// sorted are all volumes by name.
func (c *Controller) sorted() []*v1.PersistentVolume {
	list := apiserver.List[*v1.PersistentVolume](c.Store)
	slices.SortFunc(list, func(a, b *v1.PersistentVolume) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
