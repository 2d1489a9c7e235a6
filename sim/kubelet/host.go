package kubelet

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// relistPeriod is how often the kubelet lists its containers; an exit that it
// did not cause itself is noticed then (pkg/kubelet/kubelet.go,
// genericPlegRelistPeriod). A start is noticed at once, since v1.37 relists on
// demand after it has synced a pod.
const relistPeriod = time.Second

// Host is the kubelet of one node.
type Host struct {
	loop   *sim.Loop
	memory int64 // capacity in bytes
	images images
	relist sim.Time // an instant of the relist ticker, in [0, relistPeriod)

	// Usage is what the containers of the node use.
	Usage Usage
	pool  *Usage
	block float64 // seconds
}

// Usage is what containers use together: cores and bytes.
type Usage struct{ CPU, Memory Gauge }

// HostOptions are the kubelet's settings.
type HostOptions struct {
	ImageBandwidth float64 // bytes per second
	SerializePulls bool
	// Usage, if given, sums up the nodes that share it.
	Usage *Usage
	// PeakBlock is how long the blocks are whose peaks MemoryUse gives; 0 is
	// an hour.
	PeakBlock time.Duration
}

// NewHost starts a kubelet. Random gives the phase of its relist ticker.
func NewHost(loop *sim.Loop, node *v1.Node, options HostOptions, random *rand.Rand) *Host {
	h := &Host{
		loop:   loop,
		pool:   options.Usage,
		memory: node.Status.Capacity.Memory().Value(),
		relist: sim.Time(random.Int64N(int64(relistPeriod))),
		images: images{
			loop:           loop,
			bytesPerSecond: options.ImageBandwidth,
			serialize:      options.SerializePulls,
			have:           map[string]bool{},
			pulling:        map[string][]func(sim.Time, pull){},
		},
	}
	if h.block = options.PeakBlock.Seconds(); h.block <= 0 {
		h.block = time.Hour.Seconds()
	}
	h.Usage.Memory.Watch(float64(node.Status.Allocatable.Memory().Value()))
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			h.images.have[name] = true
		}
	}
	return h
}

// noticed is when the kubelet sees an exit that happened at t.
func (h *Host) noticed(t sim.Time) sim.Time {
	period := sim.Time(relistPeriod)
	ticks := (t - h.relist + period - 1) / period
	return h.relist + max(ticks, 0)*period
}

// use books a change of what a container uses: cores, bytes, and how fast the
// bytes grow a second from here.
func (h *Host) use(now sim.Time, cores, bytes, bytesPerSecond float64) {
	for _, u := range [...]*Usage{&h.Usage, h.pool} {
		if u == nil {
			continue
		}
		if cores != 0 {
			u.CPU.Add(now, cores, 0)
		}
		if bytes != 0 || bytesPerSecond != 0 {
			u.Memory.Add(now, bytes, bytesPerSecond)
		}
	}
}
