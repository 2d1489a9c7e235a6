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

// failedPull is how long it takes to hear that a registry does not give an image. Assumed.
const failedPull = time.Second

// wanted is an image as a container asks for it.
type wanted struct {
	image string
	size  int64 // compressed, in bytes
	// always is the pull policy that asks the registry also for what is there.
	always bool
	// unpullable is until when a registry does not give it.
	unpullable sim.Time
}

// pulling is a request for an image that was not there.
type pulling struct {
	image  string
	took   time.Duration
	fails  sim.Time // until then
	failed bool
	since  sim.Time
	begun  sim.Time
	begins bool
	done   func(sim.Time, pull)
}

// pull is how an image came to the node.
type pull struct {
	cached     bool
	failed     bool // the node has no image
	wait, took time.Duration
}

func newImages(loop *sim.Loop, o HostOptions) images {
	m := images{loop: loop, bytesPerSecond: o.ImageBandwidth, parallel: o.MaxParallelPulls, have: map[string]bool{}}
	if o.SerializePulls {
		m.parallel = 1
	}
	return m
}

// has reports whether a container gets the image without a pull.
func (m *images) has(now sim.Time, w wanted) bool {
	if now < w.unpullable {
		return m.have[w.image] && !w.always
	}
	return m.have[w.image] || w.size == 0 || m.bytesPerSecond <= 0
}

// ensure calls done when the image is on the node: at once when it is there
// already. It calls it, too, when a pull has failed.
func (m *images) ensure(now sim.Time, w wanted, done func(sim.Time, pull)) {
	if m.has(now, w) {
		m.have[w.image] = true
		done(now, pull{cached: true})
		return
	}
	m.under = append(m.under, &pulling{image: w.image, took: m.time(w.size), fails: w.unpullable, since: now, done: done})
	m.next(now)
}

// time is how long a pull alone takes.
func (m *images) time(size int64) time.Duration {
	if m.bytesPerSecond <= 0 {
		return 0
	}
	return seconds(float64(size) / m.bytesPerSecond)
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
	if p.failed = now < p.fails; p.failed {
		p.took = failedPull
	}
	end := now.Add(p.took)
	if m.have[p.image] && !p.failed {
		end = now
	}
	for _, o := range m.under {
		if o != p && o.begins && o.image == p.image && !o.failed && !p.failed {
			end = min(end, o.begun.Add(o.took))
		}
	}
	crashes, shared := m.crashes, end < now.Add(p.took)
	m.loop.At(end, sim.PhaseMachine, sim.Func(func(now sim.Time) {
		if m.crashes != crashes {
			return
		}
		m.have[p.image] = m.have[p.image] || !p.failed
		m.under = slices.DeleteFunc(m.under, func(o *pulling) bool { return o == p })
		if shared {
			p.done(now, pull{cached: true, wait: now.Sub(p.since)})
		} else {
			p.done(now, pull{failed: p.failed, wait: p.begun.Sub(p.since), took: p.took})
		}
		m.next(now)
	}))
}

// crash loses what is being pulled.
func (m *images) crash() {
	m.crashes++
	m.under = nil
}
