// Package pulls is the images of a node, and how they come to it.
package pulls

import (
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Store is a node's image store and its puller. With serialized pulls
// (serializeImagePulls, the kubelet's default) one image is pulled at a time in the
// order of requests, and a second request for an image waits in the queue like any
// other: that the image is there by then is seen when its turn comes. Otherwise so
// many pulls as maxParallelImagePulls allows have the bandwidth each.
// Upstream: pkg/kubelet/images/puller.go and image_manager.go.
type Store struct {
	// Have are the images that the node has, by name.
	Have           map[string]bool
	loop           *sim.Loop
	bytesPerSecond float64
	parallel       int        // pulls at a time; 0 is no bound
	under          []*pulling // those that have begun, then those that wait
	crashes        int
}

// longest bounds what a pull takes: a slow network may go beyond what an int64 holds.
const longest = 100 * 366 * 24 * time.Hour

// failedPull is how long it takes to hear that a registry does not give an image. Assumed.
const failedPull = time.Second

// Wanted is an image as a container asks for it.
type Wanted struct {
	Image string
	Size  int64 // compressed, in bytes
	// Always is the pull policy that asks the registry also for what is there.
	Always bool
	// Unpullable is until when a registry does not give it.
	Unpullable sim.Time
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
	done   func(sim.Time, Pull)
}

// Pull is how an image came to the node.
type Pull struct {
	Cached     bool
	Failed     bool // the node has no image
	Wait, Took time.Duration
}

// New is a store without images. Parallel is how many pulls it makes at a time, each with
// so many bytes a second; 0 is no bound.
func New(loop *sim.Loop, bytesPerSecond float64, parallel int) Store {
	return Store{Have: map[string]bool{}, loop: loop, bytesPerSecond: bytesPerSecond, parallel: parallel}
}

// Has reports whether a container gets the image without a pull.
func (m *Store) Has(now sim.Time, w Wanted) bool {
	if now < w.Unpullable {
		return m.Have[w.Image] && !w.Always
	}
	return m.Have[w.Image] || w.Size == 0 || m.bytesPerSecond <= 0
}

// Ensure calls done when the image is on the node: at once when it is there
// already. It calls it, too, when a pull has failed.
func (m *Store) Ensure(now sim.Time, w Wanted, done func(sim.Time, Pull)) {
	if m.Has(now, w) {
		m.Have[w.Image] = true
		done(now, Pull{Cached: true})
		return
	}
	m.under = append(m.under, &pulling{image: w.Image, took: m.time(w.Size), fails: w.Unpullable, since: now, done: done})
	m.next(now)
}

// time is how long a pull alone takes.
func (m *Store) time(size int64) time.Duration {
	if m.bytesPerSecond <= 0 {
		return 0
	}
	return time.Duration(min(float64(size)/m.bytesPerSecond*float64(time.Second), float64(longest)))
}

// next begins what may begin. Two pulls of one image at the same time end together:
// the runtime fetches each layer once.
func (m *Store) next(now sim.Time) {
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

func (m *Store) begin(now sim.Time, p *pulling) {
	p.begins, p.begun = true, now
	if p.failed = now < p.fails; p.failed {
		p.took = failedPull
	}
	end := now.Add(p.took)
	if m.Have[p.image] && !p.failed {
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
		m.Have[p.image] = m.Have[p.image] || !p.failed
		m.under = slices.DeleteFunc(m.under, func(o *pulling) bool { return o == p })
		if shared {
			p.done(now, Pull{Cached: true, Wait: now.Sub(p.since)})
		} else {
			p.done(now, Pull{Failed: p.failed, Wait: p.begun.Sub(p.since), Took: p.took})
		}
		m.next(now)
	}))
}

// Crash loses what is being pulled.
func (m *Store) Crash() {
	m.crashes++
	m.under = nil
}
