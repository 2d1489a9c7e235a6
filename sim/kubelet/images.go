package kubelet

import (
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// images is a node's image store and its puller. With serialized pulls
// (serializeImagePulls, the kubelet's default) one image is pulled at a time in the
// order of requests, and a second request for an image waits in the queue like any
// other: that the image is there by then is seen when its turn comes. Otherwise so
// many pulls as maxParallelImagePulls allows have the bandwidth each.
// Upstream: pkg/kubelet/images/puller.go and image_manager.go.
type images struct {
	loop           *sim.Loop
	bytesPerSecond float64
	parallel       int // pulls at a time; 0 is no bound
	have           map[string]bool
	under          []*pulling // those that have begun, then those that wait
	crashes        int
}

// pulling is a request for an image that was not there.
type pulling struct {
	image  string
	took   time.Duration
	since  sim.Time
	begun  sim.Time
	begins bool
	done   func(sim.Time, pull)
}

// pull is how an image came to the node.
type pull struct {
	cached     bool
	wait, took time.Duration
}

func newImages(loop *sim.Loop, o HostOptions) images {
	m := images{loop: loop, bytesPerSecond: o.ImageBandwidth, parallel: o.MaxParallelPulls, have: map[string]bool{}}
	if o.SerializePulls {
		m.parallel = 1
	}
	return m
}

// ensure calls done when the image is on the node: at once when it is there
// already.
func (m *images) ensure(now sim.Time, image string, size int64, done func(sim.Time, pull)) {
	if m.have[image] || size == 0 || m.bytesPerSecond <= 0 {
		m.have[image] = true
		done(now, pull{cached: true})
		return
	}
	took := seconds(float64(size) / m.bytesPerSecond)
	m.under = append(m.under, &pulling{image: image, took: took, since: now, done: done})
	m.next(now)
}

// next begins what may begin. Two pulls of one image at the same time end together:
// the runtime fetches each layer once.
func (m *images) next(now sim.Time) {
	busy := 0
	for _, p := range m.under {
		if p.begins {
			busy++
		}
	}
	for _, p := range slices.Clone(m.under) {
		if p.begins {
			continue
		}
		if m.parallel > 0 && busy >= m.parallel {
			return
		}
		busy++
		m.begin(now, p)
	}
}

func (m *images) begin(now sim.Time, p *pulling) {
	p.begins, p.begun = true, now
	end := now.Add(p.took)
	if m.have[p.image] {
		end = now
	}
	for _, o := range m.under {
		if o != p && o.begins && o.image == p.image {
			end = min(end, o.begun.Add(o.took))
		}
	}
	crashes, shared := m.crashes, end < now.Add(p.took)
	m.loop.At(end, sim.PhaseMachine, sim.Func(func(now sim.Time) {
		if m.crashes != crashes {
			return
		}
		m.have[p.image] = true
		m.under = slices.DeleteFunc(m.under, func(o *pulling) bool { return o == p })
		if shared {
			p.done(now, pull{cached: true, wait: now.Sub(p.since)})
		} else {
			p.done(now, pull{wait: p.begun.Sub(p.since), took: p.took})
		}
		m.next(now)
	}))
}

// crash loses what is being pulled.
func (m *images) crash() {
	m.crashes++
	m.under = nil
}
