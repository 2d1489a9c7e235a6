package kubelet

import (
	"strconv"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

const (
	gpuResource      = v1.ResourceName("nvidia.com/gpu")
	gpuCountLabel    = "nvidia.com/gpu.count"
	gpuReplicasLabel = "nvidia.com/gpu.replicas" // of NVIDIA's GPU feature discovery
)

// devices are the GPUs of a node under NVIDIA's device plugin. With
// time-slicing several containers get the same one: it divides its time
// between them, and none is kept from taking all its memory.
type devices struct {
	list []device
}

type device struct {
	users  []*Container // that were given it
	memory float64      // the part that their processes hold
}

func newDevices(node *v1.Node) devices {
	q := node.Status.Capacity[gpuResource]
	count := q.Value()
	if n, err := strconv.ParseInt(node.Labels[gpuCountLabel], 10, 64); err == nil && count == 0 {
		count = n // which a driver publishes instead of the device plugin
	}
	if replicas, err := strconv.ParseInt(node.Labels[gpuReplicasLabel], 10, 64); err == nil && replicas > 1 {
		count /= replicas
	}
	return devices{list: make([]device, min(max(count, 0), 1024))}
}

// allocate gives a container that is created what it asks for: of GPUs with
// several replicas the least shared (distributedAlloc in the device plugin's
// internal/rm/allocate.go), or those of its claims.
func (d *devices) allocate(c *Container) {
	if c.plan.Claims {
		for _, i := range c.plan.GPUs {
			if i < len(d.list) {
				d.list[i].users = append(d.list[i].users, c)
				c.gpus = append(c.gpus, i)
			}
		}
		return
	}
	q := c.plan.Spec.Resources.Limits[gpuResource]
	for n := q.Value(); n > 0 && len(d.list) > 0; n-- {
		best := 0
		for i := range d.list {
			if len(d.list[i].users) < len(d.list[best].users) {
				best = i
			}
		}
		g := &d.list[best]
		g.users = append(g.users, c)
		c.gpus = append(c.gpus, best)
	}
}

// free takes back what a container had.
func (d *devices) free(now sim.Time, c *Container) {
	d.release(now, c)
	for _, i := range c.gpus {
		g := &d.list[i]
		for k, u := range g.users {
			if u == c {
				g.users = append(g.users[:k], g.users[k+1:]...)
				break
			}
		}
	}
	c.gpus = nil
}

// share tells those on a GPU how many processes divide its time: those that
// have come to listen.
func (g *device) share(now sim.Time) {
	among := 0
	for _, u := range g.users {
		if u.gpuHeld {
			among++
		}
	}
	for _, u := range g.users {
		u.work.Share(now, max(among, 1))
	}
}

// hold takes a part of the memory of a container's GPUs for its process. It
// reports whether there was that much.
func (d *devices) hold(now sim.Time, c *Container) bool {
	for _, i := range c.gpus {
		if d.list[i].memory+c.plan.GPUMemory > 1+1e-9 {
			return false
		}
	}
	c.gpuHeld = true
	for _, i := range c.gpus {
		d.list[i].memory += c.plan.GPUMemory
		d.list[i].share(now)
	}
	return true
}

// release gives it back with the end of the process.
func (d *devices) release(now sim.Time, c *Container) {
	if !c.gpuHeld {
		return
	}
	c.gpuHeld = false
	for _, i := range c.gpus {
		d.list[i].memory -= c.plan.GPUMemory
		d.list[i].share(now)
	}
}
