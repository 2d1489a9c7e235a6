// Package devices is what drivers of devices do in a run: they publish what machines have,
// and prepare it for pods (kubelet, pkg/kubelet/cm/dra/manager.go, prepareResources).
package devices

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/resourceclaim"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/devices"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Config is what the drivers of a cluster do.
type Config struct {
	// Publish says that NVIDIA's driver runs on the machines and publishes their GPUs.
	Publish bool
	// Prepare is how long a driver takes for a pod's claims, seconds.
	Prepare distribution.Dist
}

// GPUs is how many GPUs of a machine its driver publishes.
func (c Config) GPUs(node *v1.Node) int64 {
	if !c.Publish {
		return 0
	}
	return int64(decide.Count(node))
}

// Driver is the drivers of all machines.
type Driver struct {
	*apiserver.Store
	config  Config
	claimed func(node string, gpus int)
	waiting map[types.UID]*waiting
}

// waiting is a kubelet that waits for the devices of a pod.
type waiting struct {
	pod  *apiserver.Pod
	then func(now sim.Time)
	set  bool // it is known when they are there
	done bool
}

// New returns the drivers. They have to watch the store and its pods.
func New(s *apiserver.Store, config Config) *Driver {
	return &Driver{Store: s, config: config, waiting: map[types.UID]*waiting{}}
}

// SetClaimed sets who is told of GPUs that claims get on a machine, or leave, when the number
// is negative. Claims that stand for extended resources are not told of: the requests of
// their pods have them.
func (d *Driver) SetClaimed(f func(node string, gpus int)) { d.claimed = f }

// count tells of the GPUs that a claim has more than before, and of those that it has no
// more.
func (d *Driver) count(change apiserver.Change) {
	for i, o := range []kinds.Object{change.Old, change.New} {
		claim, is := o.(*resourcev1.ResourceClaim)
		if !is || claim.Annotations[resourcev1.ExtendedResourceClaimAnnotation] == "true" {
			continue
		}
		for _, node := range decide.GPUs(claim) {
			d.claimed(node, 2*i-1)
		}
	}
}

// Changed implements apiserver.Watcher: a machine that joins is published, and a claim
// that is reserved can be prepared. With a machine go its slices, which it owns.
func (d *Driver) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *v1.Node:
		if change.Old == nil && d.config.Publish && decide.Count(o) > 0 {
			d.Loop.After(0, sim.PhaseWatch, sim.Func(func(sim.Time) { d.publish(o) }))
		}
	case *resourcev1.ResourceClaim:
		if d.claimed != nil {
			d.count(change)
		}
		if change.New != nil {
			for _, r := range o.Status.ReservedFor {
				if w := d.waiting[r.UID]; w != nil {
					d.look(w)
				}
			}
		}
	}
}

func (d *Driver) publish(o *v1.Node) {
	if d.Stored(o) == nil {
		return
	}
	for _, slice := range decide.Slices(o) {
		if _, given := apiserver.Find[*resourcev1.ResourceSlice](d.Store, "", slice.Name); !given {
			d.Fail(d.Create(slice, apiserver.Request{}))
		}
	}
}

// PodChanged implements apiserver.PodWatcher.
func (d *Driver) PodChanged(change apiserver.PodChange) {
	if change.New == nil {
		delete(d.waiting, change.Old.UID)
	}
}

// find is a claim, nil when it is not there.
func (d *Driver) find(namespace, name string) *resourcev1.ResourceClaim {
	o, _ := apiserver.Find[*resourcev1.ResourceClaim](d.Store, namespace, name)
	return o
}

// Given implements machine.Devices.
func (d *Driver) Given(p *apiserver.Pod, container string) ([]int, bool) {
	return decide.Given(p.Object(), container, d.find)
}

// Prepare has the kubelet of a pod wait for the devices that it claims, and calls then when
// they are there. It is false when there is nothing to wait for.
func (d *Driver) Prepare(_ sim.Time, p *apiserver.Pod, then func(now sim.Time)) bool {
	o := p.Object()
	if len(o.Spec.ResourceClaims) == 0 && o.Status.ExtendedResourceClaimStatus == nil {
		return false
	}
	if w := d.waiting[o.UID]; w != nil && w.done {
		return false
	}
	w := &waiting{pod: p, then: then}
	d.waiting[o.UID] = w
	d.look(w)
	return true
}

// look begins to prepare the devices of a pod when all its claims are reserved for it.
func (d *Driver) look(w *waiting) {
	if w.set || !d.reserved(w.pod.Object()) {
		return
	}
	w.set = true
	var took time.Duration
	if d.config.Prepare != nil {
		took = time.Duration(d.config.Prepare.Sample(d.Streams.Get("prepare devices", w.pod.Stream())) * float64(time.Second))
	}
	d.Loop.After(took, sim.PhaseMachine, sim.Func(func(now sim.Time) {
		if d.waiting[w.pod.Object().UID] == w {
			w.done = true
			w.then(now)
		}
	}))
}

func (d *Driver) reserved(o *v1.Pod) bool {
	for name := range resourceclaim.PodClaims(o) {
		claim := d.find(o.Namespace, name)
		if claim == nil || claim.Status.Allocation == nil || !resourceclaim.IsReservedForPod(o, claim, false) {
			return false
		}
	}
	return !slices.ContainsFunc(o.Spec.ResourceClaims, func(entry v1.PodResourceClaim) bool {
		_, _, err := resourceclaim.Name(o, &entry)
		return err != nil // nobody has made it yet
	})
}
