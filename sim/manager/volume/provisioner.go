package volume

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// driver is what is known of a driver; installed is false of one that nobody knows. One
// that the cluster has an object of is installed, and its volumes reach all machines.
func (c *Controller) driver(name string) (d Driver, installed bool) {
	if d, described := c.config.Drivers[name]; described {
		return d, true
	}
	if row, known := decide.Known(name); known {
		return Driver{Topology: string(row.Topology), Attaches: row.Attaches}, true
	}
	if o, known := apiserver.Find[*storagev1.CSIDriver](c.Store, "", name); known {
		return Driver{Attaches: o.Spec.AttachRequired == nil || *o.Spec.AttachRequired}, true
	}
	return Driver{}, false
}

// Attaches reports whether volumes of a driver are attached to a machine first. Those of a
// driver that nobody knows are.
func (c *Controller) Attaches(name string) bool {
	d, installed := c.driver(name)
	return !installed || d.Attaches
}

// draw is how long something takes, for the named object alone.
func (c *Controller) draw(law distribution.Dist, what, name string) time.Duration {
	if law == nil {
		return 0
	}
	return time.Duration(law.Sample(c.Streams.Get(what, name)) * float64(time.Second))
}

// provision has the driver of a claim make its volume, if that is its turn.
func (k *claim) provision() {
	if k.made {
		return
	}
	c := k.c
	class, _ := apiserver.Find[*storagev1.StorageClass](c.Store, "", classOf(k.api))
	plan := decide.Provisions(k.api, class)
	if plan == nil {
		return
	}
	d, installed := c.driver(plan.Driver)
	if !installed {
		return
	}
	k.made = true
	took := c.draw(c.config.Provision, "provision volume", kinds.KeyOf(k.api))
	c.Loop.After(took, sim.PhaseMachine, sim.Func(func(sim.Time) { k.provisioned(plan, decide.Topology(d.Topology)) }))
}

// provisioned is the driver's answer: there is a volume, unless nobody wants it any more.
func (k *claim) provisioned(plan *decide.Plan, key decide.Topology) {
	c := k.c
	k.made = false
	if c.claims[plan.Claim.UID] != k || k.api.Spec.VolumeName != "" {
		return
	}
	o := plan.Volume(key, c.place(plan, key))
	c.Fail(c.Create(o, apiserver.Request{}))
}

// place is where a volume is made: where the selected machine is, or else where its
// claim's name leads to.
func (c *Controller) place(plan *decide.Plan, key decide.Topology) string {
	if key == decide.Everywhere {
		return ""
	}
	if plan.Node != "" {
		if n, known := apiserver.Find[*v1.Node](c.Store, "", plan.Node); known {
			return n.Labels[string(key)]
		}
		return ""
	}
	var places []string
	for _, n := range apiserver.List[*v1.Node](c.Store) {
		if p := n.Labels[string(key)]; p != "" {
			places = append(places, p)
		}
	}
	slices.Sort(places)
	return decide.Place(plan.Claim.Name, decide.Allows(plan.Class, key, slices.Compact(places)))
}

// remove has the driver delete a volume that nobody claims any more.
func (k *volume) remove() {
	if k.gone || !decide.Deletes(k.api) {
		return
	}
	c := k.c
	k.gone = true
	c.Loop.After(c.draw(c.config.Delete, "delete volume", k.api.Spec.ClaimRef.Namespace+"/"+k.api.Spec.ClaimRef.Name),
		sim.PhaseMachine, sim.Func(func(sim.Time) {
			if o := c.Stored(k.api); o != nil {
				c.Store.Delete(o, record.Deleted)
			}
		}))
}
