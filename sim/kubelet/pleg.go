package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// relistPeriod is how often the kubelet lists its containers
// (pkg/kubelet/kubelet.go, genericPlegRelistPeriod).
const relistPeriod = time.Second

// The relist of all pods is a ticker: it runs whether or not something has
// happened. Only those of its ticks are events here that something waits for: a
// container that began or ended, or a worker that waits for a newer cache.

// lastRelist is the last tick at or before an instant.
func (h *Host) lastRelist(t sim.Time) sim.Time {
	if h.fake {
		return sim.Never
	}
	return t - mod(t-h.relist, sim.Time(relistPeriod+h.runtime.RelistCost))
}

// nextRelist is the first tick after an instant.
func (h *Host) nextRelist(t sim.Time) sim.Time {
	return h.lastRelist(t) + sim.Time(relistPeriod+h.runtime.RelistCost)
}

// nextTick is when the kubelet's loop next looks into its work queue for an entry
// that is due at t: an entry is ready when its time is before the look
// (pkg/kubelet/util/queue/work_queue.go, GetWork).
func (h *Host) nextTick(t sim.Time) sim.Time {
	if h.fake {
		return t
	}
	return t - mod(t-h.ticks, sim.Time(syncTick)) + sim.Time(syncTick)
}

// mod is the remainder in [0, m).
func mod(t, m sim.Time) sim.Time { return (t%m + m) % m }

// changed is a change that the runtime shows from now on: the kubelet finds it at
// its next relist.
func (p *Pod) changed(now sim.Time) {
	if p.host.fake {
		p.relistAt(now)
		return
	}
	p.relistAt(p.host.nextRelist(now - 1))
}

// relistAt makes sure that a relist at that tick looks at the pod.
func (p *Pod) relistAt(t sim.Time) {
	if !p.look.Armed() || t < p.look.Deadline() {
		p.look.Set(t)
	}
}

// relist compares what the runtime shows with what the kubelet knows. A change
// goes into the cache, which a worker may wait for, and its events make a sync of the
// pod (reconcilePodRecord in pkg/kubelet/pleg/generic.go; SetObservedTime
// and UpdateTime in pkg/kubelet/container/cache.go).
func (p *Pod) relist(now sim.Time) {
	if p.down || p.worker.stage == finished {
		return
	}
	n := p.refresh()
	p.observed = now
	w := &p.worker
	if w.waiting && now > w.last {
		w.waiting = false
		// The update of the events, which come together, is there before the sync is over.
		w.pending = w.pending || n > 0
		p.sync(now)
		return
	}
	if w.waiting { // this one began before the sync had ended
		p.relistAt(p.host.nextRelist(now))
	}
	if n > 0 {
		p.update(now)
	}
}

// refresh takes into the cache what the runtime shows, and counts the events.
func (p *Pod) refresh() (n int) {
	for _, c := range p.all {
		n += events(&c.cached, &c.shown)
		c.cached = c.shown
	}
	if p.box != p.boxCached {
		p.boxCached = p.box
		n++
	}
	return n
}
