package fold

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/shortage"
	"github.com/kube-rehearse/rehearse/report/skew"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// totals is what is kept over all replications.
type totals struct {
	Replications int
	Workloads    map[string]*WorkloadTotals
	Services     map[string]*ServiceTotals
	Pools        map[string]*poolTotals
	nodes        map[string]*nodeTotals
	quotas       map[string]*quotaTotals
	// unfinished counts the rollouts that did not complete.
	unfinished int
	entries    bool // some Services are marked as where the load comes in
}

// WorkloadTotals are the sums of a workload over all replications.
type WorkloadTotals struct {
	Declared         record.Workload
	Known            bool // declared at time 0
	pods, podsKilled int64
	kills, restarts  int64
	gpuOOM           int64
	ran, atRisk      sim.Time
	ranMax           sim.Time
	Node             string // one that a pod of it ran on
	Memory           map[MemoryKey]*memory
	peaks            map[string]*peakSet
	cpu              map[cpuKey]*cpuUse
	Models           map[string]*modelUse
	requests         record.Resources // of the pod created last
	bindToReady      record.Histogram
	Rollouts         []*RolloutTotals
	Shortages        shortage.Shortages
	ShortageRuns     int
	Left             []skew.Left    // skew, by rollouts
	More             shortage.Mores // nodes that its waiting pods need
	Job              *JobTotals
	Cron             *cronTotals
	headroom         []*record.Headroom
	Evidence         EvidenceTotals
}

// ServiceTotals are the sums of a Service over all replications.
type ServiceTotals struct {
	Workloads                  []string
	entry, External            bool
	objective                  *record.Objective
	Arrived, Ok, Failed, late  int64
	ByCause                    [record.CauseCount]int64
	latency                    record.Histogram
	firstToken, perToken       record.Histogram
	inFlightMax, inFlightAtEnd int64
	Retries                    int64
	costs                      map[eventKey]*cost
	Sessions                   sessions
	outages                    int
	outageSeconds              []stat.Value
	longest                    *result.Outage
	NoEndpointBefore           int64
	FirstReady                 sim.Time // the latest
	NeverReady                 int      // replications
}

type poolTotals struct {
	nodes           int
	instanceType    string
	usdPerHour      float64
	allocatable     result.Amounts
	replications    int
	requested, used result.Use
}

// RolloutTotals are the rollouts of one workload that are the nth in their
// replications.
type RolloutTotals struct {
	Slowest   *rollout
	durations []stat.Value
	Completed int
	Runs      int
	readyMin  int
	podsMax   int
	podsAll   int
	// stuckRuns counts those in which a new pod was refused by the scheduler
	// and the rollout did not complete.
	StuckRuns int
	Stuck     *rollout
	// lateRuns counts those that were complete after ProgressDeadlineExceeded.
	LateRuns int
	Late     *rollout
}

func newTotals() totals {
	return totals{
		Workloads: map[string]*WorkloadTotals{},
		Services:  map[string]*ServiceTotals{},
		Pools:     map[string]*poolTotals{},
		nodes:     map[string]*nodeTotals{},
		quotas:    map[string]*quotaTotals{},
	}
}

func (t *totals) declare(run record.Run) {
	for _, w := range run.Workloads {
		of := t.Workload(w.Key)
		of.Declared, of.Known = w, true
	}
	for _, s := range run.Services {
		of := t.service(s.Key)
		of.Workloads, of.entry, of.External, of.objective = s.Workloads, s.Entry, s.External, s.Objective
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

func (t *totals) Workload(key string) *WorkloadTotals {
	w, ok := t.Workloads[key]
	if !ok {
		w = &WorkloadTotals{Declared: record.Workload{Key: key}, Memory: map[MemoryKey]*memory{},
			peaks: map[string]*peakSet{}, cpu: map[cpuKey]*cpuUse{}, Models: map[string]*modelUse{},
			Evidence: newEvidenceTotals()}
		t.Workloads[key] = w
	}
	return w
}

func (t *totals) service(key string) *ServiceTotals {
	s, ok := t.Services[key]
	if !ok {
		s = &ServiceTotals{costs: map[eventKey]*cost{}}
		t.Services[key] = s
	}
	return s
}

func (t *totals) pool(name string) *poolTotals {
	p, ok := t.Pools[name]
	if !ok {
		p = &poolTotals{}
		t.Pools[name] = p
	}
	return p
}

// fold adds a replication that ended.
func (t *totals) fold(rep *replication) {
	t.Replications++
	for _, key := range slices.Sorted(maps.Keys(rep.workloads)) {
		w := rep.workloads[key]
		t.Workload(key).fold(w, rep.now)
		t.Workload(key).foldJob(rep.index, w.job)
		t.Workload(key).foldCronJob(rep.index, w.cron)
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

func (t *WorkloadTotals) fold(w *workload, now sim.Time) {
	t.pods += w.pods
	t.podsKilled += w.podsKilled
	t.kills += w.oomKills
	t.gpuOOM += w.gpuOOM
	t.restarts += w.restarts
	if t.Node == "" {
		t.Node = w.node
	}
	t.ran += w.ran
	t.atRisk += w.atRisk
	t.ranMax = max(t.ranMax, w.ranMax)
	for key, m := range w.memory {
		of, ok := t.Memory[key]
		if !ok {
			of = newMemory()
			t.Memory[key] = of
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
		entry(t.Models, name).merge(w.models[name])
	}
	t.Shortages.Merge(w.shortages)
	t.Left = skew.Merge(t.Left, w.spread.Left)
	if w.shortages.Any() {
		t.ShortageRuns++
	}
	if w.pods > 0 {
		t.requests = w.requests
	}
	t.bindToReady.Merge(&w.bindToReady)
	for i, ro := range w.rollouts {
		if i == len(t.Rollouts) {
			t.Rollouts = append(t.Rollouts, &RolloutTotals{})
		}
		t.Rollouts[i].fold(ro)
	}
	if w.headroom != nil {
		t.headroom = append(t.headroom, w.headroom)
	}
	t.Evidence.fold(w.evidence, now)
}

func (w *workload) unfinishedCount() int {
	if n := w.unfinished(); n.Known() {
		return int(n)
	}
	return 0
}

func (t *RolloutTotals) fold(ro *rollout) {
	t.Runs++
	t.Completed += ro.Completed
	if ro.Complete != nil {
		t.durations = append(t.durations, ro.seconds())
	}
	if t.Slowest == nil || ro.seconds() > t.Slowest.seconds() {
		t.Slowest = ro
	}
	if t.Runs == 1 || ro.ReadyMin < t.readyMin {
		t.readyMin = ro.ReadyMin
	}
	t.podsMax = max(t.podsMax, ro.PodsMax)
	t.podsAll = max(t.podsAll, ro.PodsMaxAll)
	if ro.Stalled != nil && ro.Complete != nil {
		t.LateRuns++
		if t.Late == nil || ro.seconds() > t.Late.seconds() {
			t.Late = ro
		}
	}
	if ro.Stuck != nil && ro.Complete == nil {
		t.StuckRuns++
		if t.Stuck == nil || ro.StuckFor > t.Stuck.StuckFor {
			t.Stuck = ro
		}
	}
}

func (t *ServiceTotals) fold(s *service) {
	t.Arrived += s.arrived
	t.Ok += s.ok
	t.Failed += s.failed
	t.late += s.late
	for i, n := range s.byCause {
		t.ByCause[i] += n
	}
	t.latency.Merge(&s.latency)
	t.firstToken.Merge(&s.firstToken)
	t.perToken.Merge(&s.perToken)
	t.Retries += s.retries
	t.Sessions.merge(s.sessions)
	t.inFlightMax = max(t.inFlightMax, s.inFlightMax)
	t.inFlightAtEnd += s.inFlightAtEnd
	t.outages += s.outages
	t.outageSeconds = append(t.outageSeconds, stat.Value(s.outage.Seconds()))
	if s.longest != nil && (t.longest == nil || s.longest.Seconds > t.longest.Seconds) {
		t.longest = s.longest
	}
	t.NoEndpointBefore += s.noEndpointBefore
	t.FirstReady = max(t.FirstReady, s.firstReady)
	if !s.ready {
		t.NeverReady++
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
