package fold

import (
	"github.com/kube-rehearse/rehearse/report/shortage"
	"github.com/kube-rehearse/rehearse/report/skew"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// unknownReplicas is desired of a workload that the run did not declare.
const unknownReplicas = -1

// workload is the state of a workload while a replication is read.
type workload struct {
	key     string
	desired int32
	// scaled is how spec.replicas was changed last.
	scaled record.Scaled
	// readiness says whether it has a readiness probe.
	readiness bool
	// ready and active count pods that do not terminate, existing all.
	ready, active, existing int
	allReady                bool // all were ready once
	readyMin                int  // since then

	node               string // one that a pod of it runs on
	pods, podsKilled   int64
	restarts, oomKills int64
	gpuOOM             int64
	requests           record.Resources // of the pod created last
	ran, atRisk        sim.Time         // of all its pods
	ranMax             sim.Time         // of one pod

	loading     spells // containers that run but do not listen yet
	terminating spells // pods
	rollouts    []*rollout
	memory      map[MemoryKey]*memory
	peaks       map[string]*peakSet // by container
	cpu         map[cpuKey]*cpuUse
	models      map[string]*modelUse // by container
	shortages   shortage.Shortages
	spread      skew.Rollouts
	job         *jobs
	cron        *cronJobs
	headroom    *record.Headroom
	bindToReady record.Histogram
	evidence    evidence
}

func newWorkload(key string) *workload {
	return &workload{
		key:      key,
		desired:  unknownReplicas,
		memory:   map[MemoryKey]*memory{},
		peaks:    map[string]*peakSet{},
		cpu:      map[cpuKey]*cpuUse{},
		models:   map[string]*modelUse{},
		evidence: newEvidence(),
	}
}

func (w *workload) declare(declared record.Workload) {
	w.desired, w.readiness = declared.Replicas, declared.Readiness
	w.spread.Declare(declared.Spread)
	switch record.ParseKey(w.key).Kind {
	case "CronJob":
		w.job, w.cron = &jobs{}, newCronJobs()
	case "Job":
		w.job = &jobs{}
	}
}

func (w *workload) scale(rec record.Scaled) {
	w.desired, w.scaled = rec.To, rec
	w.observe()
}

func (w *workload) podCreated(p *Pod, t sim.Time) {
	w.pods++
	w.requests = p.Requests
	w.active++
	w.existing++
	w.taken("Pod", t)
	for _, ro := range w.open() {
		ro.podCreated(p, t)
	}
	w.observe()
}

func (w *workload) firstReady(p *Pod, t sim.Time) {
	if p.Scheduled != nil {
		w.bindToReady.Add(int64(t - *p.Scheduled))
	}
	for _, ro := range w.open() {
		ro.podReady(p, t)
	}
}

// observe is called after every change of the counts.
func (w *workload) observe() {
	switch {
	case w.job != nil: // its pods are to end
	case w.allReady:
		w.readyMin = min(w.readyMin, w.ready)
	case w.ready > 0 && w.ready >= w.wanted():
		w.allReady, w.readyMin = true, w.ready
	}
	for _, ro := range w.open() {
		ro.observe(w)
	}
}

func (w *workload) wanted() int {
	if w.desired == unknownReplicas {
		return w.active
	}
	return int(w.desired)
}

// open is the rollout that goes on, if any.
func (w *workload) open() []*rollout {
	if n := len(w.rollouts); n > 0 && !w.rollouts[n-1].Over {
		return w.rollouts[n-1:]
	}
	return nil
}

// settle takes over what is final of a pod.
func (w *workload) settle(p *Pod, now sim.Time) {
	w.ran += p.ran
	w.ranMax = max(w.ranMax, p.ran)
	if p.OOMKilled > 0 {
		w.podsKilled++
		w.atRisk += p.atRisk
	} else {
		w.atRisk += p.ran
	}
	if p.Message != "" || p.waits() {
		w.evidence.refusedByScheduler(p, now)
	}
	w.evidence.failovers.settle(p, now)
	if w.job != nil && (w.cron == nil || p.Gone != nil || p.Phase != "Running") { // a CronJob's last pods go on
		w.job.settle(p)
	}
	for _, ro := range w.rollouts {
		ro.settle(p, now)
	}
}

func (w *workload) close(now sim.Time) {
	w.lack()
	if w.job != nil {
		w.job.closed = now
	}
	for _, ro := range w.open() {
		ro.end = now
	}
}
