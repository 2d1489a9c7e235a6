package storage

import (
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// collectPeriod is how often containerd looks at what writable layers take
// (stats_collect_period of its CRI plugin).
const collectPeriod = 10 * time.Second

// Container is what one container of a pod has written. A nil one writes nothing.
type Container struct {
	pod         *Pod
	spec        *v1.Container
	writes      *Writes
	layer, logs line
	volumes     []*volume // of writes.EmptyDirs
	begun       bool      // once
	running     bool
	served      int64 // in this life
	collected   sample
}

// sample is what a statistic says.
type sample struct {
	at    sim.Time
	bytes float64
	known bool
}

// Begin is a life of the container: a writable layer of its own, more logs.
func (c *Container) Begin(now sim.Time) {
	if c == nil {
		return
	}
	c.pod.pass(now)
	c.running, c.served = true, 0
	c.layer = line{bytes: float64(c.writes.Layer.Base), perSecond: c.writes.Layer.PerSecond, at: now}
	c.collected = sample{}
	c.logs.add(now, float64(c.writes.Logs.Base), c.writes.Logs.PerSecond)
	for i, v := range c.volumes {
		base := 0.0
		if !c.begun {
			base = float64(c.writes.EmptyDirs[i].Base)
		}
		v.add(now, base, c.writes.EmptyDirs[i].PerSecond)
	}
	c.begun = true
	c.pod.changed(now)
}

// End is the end of the life. What it has written stays.
func (c *Container) End(now sim.Time) {
	if c == nil || !c.running {
		return
	}
	c.pod.pass(now)
	c.running = false
	c.layer.add(now, 0, -c.writes.Layer.PerSecond)
	c.logs.add(now, 0, -c.writes.Logs.PerSecond)
	for i, v := range c.volumes {
		v.add(now, 0, -c.writes.EmptyDirs[i].PerSecond)
	}
	c.pod.changed(now)
}

// Served tells how many requests were served in this life.
func (c *Container) Served(now sim.Time, served int64) {
	if c == nil || !c.running || served <= c.served {
		return
	}
	more := float64(served - c.served)
	c.served = served
	if c.perRequest() == 0 {
		return
	}
	c.pod.pass(now)
	c.layer.add(now, more*float64(c.writes.Layer.PerRequest), 0)
	c.logs.add(now, more*float64(c.writes.Logs.PerRequest), 0)
	for i, v := range c.volumes {
		v.add(now, more*float64(c.writes.EmptyDirs[i].PerRequest), 0)
	}
	c.pod.wrote(now, more*c.perRequest())
}

// perRequest is what a request writes.
func (c *Container) perRequest() float64 {
	bytes := float64(c.writes.Layer.PerRequest) + float64(c.writes.Logs.PerRequest)
	for i := range c.writes.EmptyDirs {
		bytes += float64(c.writes.EmptyDirs[i].PerRequest)
	}
	return bytes
}

// pass takes the newest sample of the writable layer, before it changes.
func (c *Container) pass(now sim.Time) {
	const period = sim.Time(collectPeriod)
	at := now - mod(now-c.pod.disk.phase, period)
	if c.begun && at >= c.layer.at && (!c.collected.known || at > c.collected.at) {
		c.collected = sample{at: at, bytes: c.layer.value(at), known: true}
	}
}

// used is what the statistics have of its logs and writable layer.
func (c *Container) used(now sim.Time) float64 { return c.logs.value(now) + c.collected.bytes }

// Used is that in bytes; 0 for a container that writes nothing.
func (c *Container) Used(now sim.Time) float64 {
	if c == nil {
		return 0
	}
	c.pod.pass(now)
	return c.used(now)
}

func mod(a, b sim.Time) sim.Time { return (a%b + b) % b }
