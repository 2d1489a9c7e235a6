package storage

import (
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// Disk is the file system of a node: one for the kubelet's folder, images and
// containers. What images and the system take of it is taken to be what allocatable
// leaves out.
type Disk struct {
	pods      []*Pod
	phase     sim.Time // of the tickers that measure
	capacity  float64  // bytes; 0 is not known
	most      float64  // that pods may write before the kubelet evicts
	threshold float64
	watch     watch // of most
	tell      func(now sim.Time)
}

// NewDisk is the disk of a node. Threshold gives the eviction threshold of a capacity, in
// bytes, 0 for none. Phase is an instant at which statistics are taken. Tell hears when
// something may be evicted earlier than Due has said.
func NewDisk(node *v1.Node, threshold func(capacity int64) int64, phase sim.Time, tell func(now sim.Time)) *Disk {
	capacity := node.Status.Capacity.StorageEphemeral().Value()
	allocatable := node.Status.Allocatable.StorageEphemeral().Value()
	if allocatable == 0 {
		allocatable = capacity // nothing is reserved
	}
	hard := threshold(capacity)
	d := &Disk{phase: phase, capacity: float64(capacity), threshold: float64(hard), watch: never(), tell: tell}
	system := max(0, capacity-allocatable-hard)
	d.most = float64(capacity - system - hard)
	return d
}

// Threshold and Available are those of nodefs.available.
func (d *Disk) Threshold() float64 { return d.threshold }

// Available is what is left of the disk.
func (d *Disk) Available(now sim.Time) float64 {
	return max(0, d.most+d.threshold-sum(d.lines(), now))
}

// Short reports whether less is left than the threshold.
func (d *Disk) Short(now sim.Time) bool {
	if d.capacity == 0 || d.threshold == 0 || now < d.watch.due {
		return false
	}
	if sum(d.lines(), now) > d.most {
		return true
	}
	d.Plan(now)
	return false
}

// Due is from when on the kubelet may have something to evict; Never when nothing
// changes that.
func (d *Disk) Due() sim.Time {
	due := d.watch.due
	for _, p := range d.pods {
		due = min(due, p.watch.due)
	}
	return due
}

func (d *Disk) lines() (list []*line) {
	for _, p := range d.pods {
		list = append(list, p.lines()...)
	}
	return list
}

// Plan computes anew from when on the disk is short.
func (d *Disk) Plan(now sim.Time) {
	d.watch = never()
	if d.capacity > 0 && d.threshold > 0 && len(d.pods) > 0 {
		d.watch.include(d.lines(), now, d.most)
	}
}

// changed follows a change of what a pod writes.
func (d *Disk) changed(now sim.Time) {
	d.Plan(now)
	d.tell(now)
}

func (d *Disk) forget(p *Pod) {
	if i := slices.Index(d.pods, p); i >= 0 {
		d.pods = slices.Delete(d.pods, i, i+1)
	}
}
