package kubelet

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// stage is where a pod is in its worker's life (PodWorkerState).
type stage uint8

const (
	syncing stage = iota
	terminating
	terminated
	finished
)

// How the worker's next sync is put off (pkg/kubelet/kubelet.go, backOffPeriod;
// pod_workers.go, workerBackOffPeriodJitterFactor and
// workerResyncIntervalJitterFactor; syncFrequency of KubeletConfiguration).
const (
	syncBackOff    = 10 * time.Second
	syncJitter     = 0.5
	resyncInterval = time.Minute
	syncTick       = time.Second // the ticker of the kubelet's loop (kubelet.go, syncLoop)
)

// worker is the pod's goroutine: it takes one update after the other, and waits
// before each until the cache is newer than its last sync.
// Upstream: podWorkerLoop and completeWork in pkg/kubelet/pod_workers.go.
type worker struct {
	stage   stage
	ending  bool // termination was requested
	busy    bool // it syncs, or waits for the cache
	pending bool // an update came meanwhile
	waiting bool // for the cache
	last    sim.Time
	resync  sim.Timer // when its entry of the work queue is taken
	grace   time.Duration
	graced  bool // grace is set
}

func (w *worker) init(p *Pod) {
	*w = worker{last: math.MinInt64}
	w.resync.Init(p.host.loop, sim.PhaseMachine, p.resync)
}

// update is UpdatePod: work for the worker, now or when it is done with what it
// does. Of several updates that wait the last one stays.
func (p *Pod) update(now sim.Time) {
	w := &p.worker
	if w.stage == finished || p.down {
		return
	}
	w.pending = true
	if !w.busy {
		p.take(now)
	}
}

// take begins the pending update once the cache is newer than the last sync:
// GetNewerThan in pkg/kubelet/container/cache.go.
func (p *Pod) take(now sim.Time) {
	w := &p.worker
	w.pending, w.busy = false, true
	if w.ending && w.stage == syncing {
		w.stage = terminating
	}
	if p.host.fake {
		p.refresh()
	}
	if max(p.observed, p.host.lastRelist(now)) > w.last {
		p.sync(now)
		return
	}
	w.waiting = true
	p.relistAt(p.host.nextRelist(now))
}

// sync is one call of the pod's syncer.
func (p *Pod) sync(now sim.Time) {
	switch p.worker.stage {
	case syncing:
		p.syncPod(now)
	case terminating:
		p.syncTerminating(now)
	case terminated:
		p.syncTerminated(now)
	}
}

// synced is the end of a sync. It puts off the next one as completeWork does.
func (p *Pod) synced(now sim.Time, r results) {
	w := &p.worker
	w.last, w.busy = now, false
	switch {
	case r.transition:
		w.pending = true
		w.resync.Stop()
	case r.failed:
		wait := syncBackOff
		if r.until != sim.Never {
			wait = min(max(r.until.Sub(now), 0), resyncInterval)
		}
		w.resync.Set(p.host.nextTick(now.Add(p.jitter(wait))))
	case p.unready() || w.stage == syncing && p.remakes():
		w.resync.Set(p.host.nextTick(now.Add(p.jitter(resyncInterval))))
	default:
		w.resync.Stop() // a sync that would find and do nothing
	}
	if r.actions > 0 && !r.failed && w.stage == syncing {
		p.after(now, max(draw(p.host.runtime.Relist, p.random()), 1), p.relist)
	}
	if w.pending {
		p.take(now)
	}
}

// resync is the kubelet's loop as it finds the pod in the work queue.
func (p *Pod) resync(now sim.Time) { p.update(now) }

// jitter is wait.Jitter.
func (p *Pod) jitter(d time.Duration) time.Duration {
	if p.host.fake {
		return d
	}
	return d + time.Duration(p.retries().Float64()*syncJitter*float64(d))
}

// random draws the latencies of the pod, retries when it is synced again.
func (p *Pod) random() *rand.Rand {
	if p.latencies == nil {
		p.latencies = p.streams("runtime")
	}
	return p.latencies
}

func (p *Pod) retries() *rand.Rand {
	if p.retrying == nil {
		p.retrying = p.streams("retries")
	}
	return p.retrying
}

// after calls f later, unless the machine crashes in between.
func (p *Pod) after(now sim.Time, d time.Duration, f sim.Func) {
	p.host.loop.At(now.Add(d), sim.PhaseMachine, p.alive(f))
}

// alive is f until the machine crashes.
func (p *Pod) alive(f sim.Func) sim.Func {
	crashes := p.crashes
	return func(now sim.Time) {
		if p.crashes == crashes {
			f(now)
		}
	}
}
