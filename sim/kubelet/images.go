package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// images is a node's image store and its puller. With serialized pulls
// (serializeImagePulls, the kubelet's default) one image is pulled at a time
// in the order of requests; otherwise every pull has the whole bandwidth.
// Upstream: pkg/kubelet/images/puller.go.
type images struct {
	loop           *sim.Loop
	bytesPerSecond float64
	serialize      bool
	busyUntil      sim.Time
	have           map[string]bool
	pulling        map[string][]func(now sim.Time, pulled pull)
	crashes        int
}

// pull is how an image came to the node.
type pull struct {
	cached     bool
	wait, took time.Duration
}

// ensure calls done when the image is on the node: at once when it is there
// already. Two pods that want the same image share the pull only once it has
// ended: a second request queues behind the first and then finds it.
func (m *images) ensure(now sim.Time, image string, size int64, done func(sim.Time, pull)) {
	if m.have[image] || size == 0 || m.bytesPerSecond <= 0 {
		m.have[image] = true
		done(now, pull{cached: true})
		return
	}
	if waiters, under := m.pulling[image]; under {
		m.pulling[image] = append(waiters, func(at sim.Time, _ pull) {
			done(at, pull{cached: true, wait: at.Sub(now)})
		})
		return
	}
	start := now
	if m.serialize {
		start = max(now, m.busyUntil)
	}
	took := seconds(float64(size) / m.bytesPerSecond)
	end := start.Add(took)
	m.busyUntil = max(m.busyUntil, end)
	m.pulling[image] = []func(sim.Time, pull){func(at sim.Time, p pull) { done(at, p) }}
	crashes := m.crashes
	m.loop.At(end, sim.PhaseMachine, sim.Func(func(at sim.Time) {
		if m.crashes != crashes {
			return
		}
		m.have[image] = true
		waiters := m.pulling[image]
		delete(m.pulling, image)
		for _, w := range waiters {
			w(at, pull{wait: start.Sub(now), took: took})
		}
	}))
}

// crash loses what is being pulled.
func (m *images) crash() {
	m.crashes++
	m.busyUntil = 0
	clear(m.pulling)
}
