package report

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// totals is what is kept over all replications.
type totals struct {
	replications int
	workloads    map[string]*workloadTotals
	services     map[string]*serviceTotals
	pools        map[string]*poolTotals
	nodes        map[string]*nodeTotals
	quotas       map[string]*quotaTotals
	// unfinished counts the rollouts that did not complete.
	unfinished int
	entries    bool // some Services are marked as where the load comes in
}

type workloadTotals struct {
	declared         record.Workload
	known            bool // declared at time 0
	pods, podsKilled int64
	kills, restarts  int64
	gpuOOM           int64
	ran, atRisk      sim.Time
	ranMax           sim.Time
	node             string // one that a pod of it ran on
	memory           map[memoryKey]*memory
	peaks            map[string]*peakSet
	cpu              map[cpuKey]*cpuUse
	models           map[string]*modelUse
	requests         record.Resources // of the pod created last
	bindToReady      record.Histogram
	rollouts         []*rolloutTotals
	shortages        shortages
	shortageRuns     int
	job              *jobTotals
	cron             *cronTotals
	headroom         []*record.Headroom
	evidence         evidenceTotals
}

type serviceTotals struct {
	workloads                  []string
	entry, external            bool
	objective                  *record.Objective
	arrived, ok, failed, late  int64
	byCause                    [record.CauseCount]int64
	latency                    record.Histogram
	firstToken, perToken       record.Histogram
	inFlightMax, inFlightAtEnd int64
	retries                    int64
	costs                      map[eventKey]*cost
	sessions                   sessions
	outages                    int
	outageSeconds              []stat.Value
	longest                    *result.Outage
	noEndpointBefore           int64
	firstReady                 sim.Time // the latest
	neverReady                 int      // replications
}

type poolTotals struct {
	nodes           int
	instanceType    string
	usdPerHour      float64
	allocatable     result.Amounts
	replications    int
	requested, used result.Use
}

// rolloutTotals are the rollouts of one workload that are the nth in their
// replications.
type rolloutTotals struct {
	slowest   *rollout
	durations []stat.Value
	completed int
	runs      int
	readyMin  int
	podsMax   int
	podsAll   int
	// stuckRuns counts those in which a new pod was refused by the scheduler
	// and the rollout did not complete.
	stuckRuns int
	stuck     *rollout
	// lateRuns counts those that were complete after ProgressDeadlineExceeded.
	lateRuns int
	late     *rollout
}

func newTotals() totals {
	return totals{
		workloads: map[string]*workloadTotals{},
		services:  map[string]*serviceTotals{},
		pools:     map[string]*poolTotals{},
		nodes:     map[string]*nodeTotals{},
		quotas:    map[string]*quotaTotals{},
	}
}

func (t *totals) declare(run record.Run) {
	for _, w := range run.Workloads {
		of := t.workload(w.Key)
		of.declared, of.known = w, true
	}
	for _, s := range run.Services {
		of := t.service(s.Key)
		of.workloads, of.entry, of.external, of.objective = s.Workloads, s.Entry, s.External, s.Objective
		t.entries = t.entries || s.Entry
	}
	for _, n := range run.Nodes {
		p := t.pool(n.Pool)
		p.nodes++
		p.usdPerHour += n.USDPerHour
		p.allocatable.Add(n.Allocatable)
		if p.nodes == 1 {
			p.instanceType = n.InstanceType
		} else if p.instanceType != n.InstanceType {
			p.instanceType = "mixed"
		}
	}
}

func (t *totals) workload(key string) *workloadTotals {
	w, ok := t.workloads[key]
	if !ok {
		w = &workloadTotals{declared: record.Workload{Key: key}, memory: map[memoryKey]*memory{}, peaks: map[string]*peakSet{}, cpu: map[cpuKey]*cpuUse{}, models: map[string]*modelUse{}, evidence: newEvidenceTotals()}
		t.workloads[key] = w
	}
	return w
}

func (t *totals) service(key string) *serviceTotals {
	s, ok := t.services[key]
	if !ok {
		s = &serviceTotals{costs: map[eventKey]*cost{}}
		t.services[key] = s
	}
	return s
}

func (t *totals) pool(name string) *poolTotals {
	p, ok := t.pools[name]
	if !ok {
		p = &poolTotals{}
		t.pools[name] = p
	}
	return p
}

// fold adds a replication that ended.
func (t *totals) fold(rep *replication) {
	t.replications++
	for _, key := range slices.Sorted(maps.Keys(rep.workloads)) {
		w := rep.workloads[key]
		t.workload(key).fold(w, rep.now)
		t.workload(key).foldJob(rep.index, w.job)
		t.workload(key).foldCronJob(rep.index, w.cron)
		t.unfinished += w.unfinishedCount()
	}
	for _, key := range slices.Sorted(maps.Keys(rep.services)) {
		t.service(key).fold(rep.services[key])
		t.service(key).foldCosts(rep, rep.services[key])
	}
	for _, name := range slices.Sorted(maps.Keys(rep.pools)) {
		t.pool(name).fold(rep.pools[name])
	}
	for _, name := range slices.Sorted(maps.Keys(rep.nodes)) {
		entry(t.nodes, name).fold(rep.nodes[name])
	}
}

func (t *workloadTotals) fold(w *workload, now sim.Time) {
	t.pods += w.pods
	t.podsKilled += w.podsKilled
	t.kills += w.oomKills
	t.gpuOOM += w.gpuOOM
	t.restarts += w.restarts
	if t.node == "" {
		t.node = w.node
	}
	t.ran += w.ran
	t.atRisk += w.atRisk
	t.ranMax = max(t.ranMax, w.ranMax)
	for key, m := range w.memory {
		of, ok := t.memory[key]
		if !ok {
			of = newMemory()
			t.memory[key] = of
		}
		of.merge(m)
	}
	for _, name := range slices.Sorted(maps.Keys(w.peaks)) {
		entry(t.peaks, name).merge(w.peaks[name])
	}
	for _, key := range sortedCPU(w.cpu) {
		entry(t.cpu, key).merge(w.cpu[key])
	}
	for _, name := range slices.Sorted(maps.Keys(w.models)) {
		entry(t.models, name).merge(w.models[name])
	}
	t.shortages.merge(w.shortages)
	if w.shortages.any() {
		t.shortageRuns++
	}
	if w.pods > 0 {
		t.requests = w.requests
	}
	t.bindToReady.Merge(&w.bindToReady)
	for i, ro := range w.rollouts {
		if i == len(t.rollouts) {
			t.rollouts = append(t.rollouts, &rolloutTotals{})
		}
		t.rollouts[i].fold(ro)
	}
	if w.headroom != nil {
		t.headroom = append(t.headroom, w.headroom)
	}
	t.evidence.fold(w.evidence, now)
}

func (w *workload) unfinishedCount() int {
	if n := w.unfinished(); n.Known() {
		return int(n)
	}
	return 0
}

func (t *rolloutTotals) fold(ro *rollout) {
	t.runs++
	t.completed += ro.Completed
	if ro.Complete != nil {
		t.durations = append(t.durations, ro.seconds())
	}
	if t.slowest == nil || ro.seconds() > t.slowest.seconds() {
		t.slowest = ro
	}
	if t.runs == 1 || ro.ReadyMin < t.readyMin {
		t.readyMin = ro.ReadyMin
	}
	t.podsMax = max(t.podsMax, ro.PodsMax)
	t.podsAll = max(t.podsAll, ro.PodsMaxAll)
	if ro.Stalled != nil && ro.Complete != nil {
		t.lateRuns++
		if t.late == nil || ro.seconds() > t.late.seconds() {
			t.late = ro
		}
	}
	if ro.stuck != nil && ro.Complete == nil {
		t.stuckRuns++
		if t.stuck == nil || ro.stuckFor > t.stuck.stuckFor {
			t.stuck = ro
		}
	}
}

func (t *serviceTotals) fold(s *service) {
	t.arrived += s.arrived
	t.ok += s.ok
	t.failed += s.failed
	t.late += s.late
	for i, n := range s.byCause {
		t.byCause[i] += n
	}
	t.latency.Merge(&s.latency)
	t.firstToken.Merge(&s.firstToken)
	t.perToken.Merge(&s.perToken)
	t.retries += s.retries
	t.sessions.merge(s.sessions)
	t.inFlightMax = max(t.inFlightMax, s.inFlightMax)
	t.inFlightAtEnd += s.inFlightAtEnd
	t.outages += s.outages
	t.outageSeconds = append(t.outageSeconds, stat.Value(s.outage.Seconds()))
	if s.longest != nil && (t.longest == nil || s.longest.Seconds > t.longest.Seconds) {
		t.longest = s.longest
	}
	t.noEndpointBefore += s.noEndpointBefore
	t.firstReady = max(t.firstReady, s.firstReady)
	if !s.ready {
		t.neverReady++
	}
}

func (t *poolTotals) fold(p *pool) {
	if p.seconds <= 0 {
		return
	}
	t.replications++
	t.requested.Mean.AddScaled(p.requested.Mean.Over(p.seconds), 1)
	t.requested.Peak.Raise(p.requested.Peak)
	t.used.Mean.AddScaled(p.used.Mean.Over(p.seconds), 1)
	t.used.Peak.Raise(p.used.Peak)
}
