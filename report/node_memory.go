package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// NodeMemory is how far the memory of a node is promised and used, against
// what is allocatable. Sums are in bytes and the largest over time and
// replications.
type NodeMemory struct {
	Requests  float64 `json:"requests"`
	Limits    float64 `json:"limits"`    // of the containers that have one
	Unlimited int     `json:"unlimited"` // containers without a limit, at the most
	// QOS counts pods by class, at the most at a time.
	QOS map[string]int `json:"qos"`
	// Used is the largest sum of working sets.
	Used float64 `json:"used"`
	// Over is the fraction of node-time in which the sum of working sets
	// exceeds allocatable, RunsOver counts the replications in which it does
	// at some time, PerRun is the probability of such a replication.
	Over     Value    `json:"over"`
	RunsOver int64    `json:"runsOver"`
	PerRun   Estimate `json:"perRun"`
}

func noNodeMemory() NodeMemory {
	return NodeMemory{QOS: map[string]int{}, Over: Missing, PerRun: noEstimate}
}

// memoryClaim is what a pod may take of its node's memory.
type memoryClaim struct {
	limit     int64
	unlimited int
	qos       string
}

// overcommit is the most that was promised at a time.
type overcommit struct {
	limits    float64
	unlimited int
	qos       map[string]int
}

func (n *nodeUse) promise(c memoryClaim, sign int) {
	n.limits += float64(sign) * float64(c.limit)
	n.unlimited += sign * c.unlimited
	n.most.limits = max(n.most.limits, n.limits)
	n.most.unlimited = max(n.most.unlimited, n.unlimited)
	if c.qos == "" {
		return
	}
	if n.qos == nil {
		n.qos, n.most.qos = map[string]int{}, map[string]int{}
	}
	n.qos[c.qos] += sign
	n.most.qos[c.qos] = max(n.most.qos[c.qos], n.qos[c.qos])
}

func (r *replication) nodeMemory(rec record.NodeMemory) error {
	if rec.Max < 0 || !(rec.Over >= 0) || !(rec.Seconds >= rec.Over) || math.IsInf(rec.Seconds, 0) {
		return fmt.Errorf("max, over, seconds: must be finite, at least 0, and over at most seconds, got %d, %g and %g", rec.Max, rec.Over, rec.Seconds)
	}
	n := r.node(rec.Node)
	n.usedPeak, n.over, n.seconds, n.observed = float64(rec.Max), rec.Over, rec.Seconds, true
	return nil
}

// nodeTotals is a node over all replications.
type nodeTotals struct {
	requests      float64
	most          overcommit
	used          float64
	over, seconds float64
	runs, hit     int64
}

func (t *nodeTotals) fold(n *nodeUse) {
	t.requests = max(t.requests, n.peak.Memory)
	t.most.limits = max(t.most.limits, n.most.limits)
	t.most.unlimited = max(t.most.unlimited, n.most.unlimited)
	for class, k := range n.most.qos {
		if t.most.qos == nil {
			t.most.qos = map[string]int{}
		}
		t.most.qos[class] = max(t.most.qos[class], k)
	}
	t.used = max(t.used, n.usedPeak)
	t.over += n.over
	t.seconds += n.seconds
	if n.observed {
		t.runs++
		if n.over > 0 {
			t.hit++
		}
	}
}

func (t *nodeTotals) result() NodeMemory {
	m := noNodeMemory()
	m.Requests, m.Limits, m.Unlimited, m.Used = t.requests, t.most.limits, t.most.unlimited, t.used
	for class, k := range t.most.qos {
		m.QOS[class] = k
	}
	if t.seconds > 0 {
		m.Over = Value(t.over / t.seconds)
	}
	m.RunsOver, m.PerRun = t.hit, perRun(t.hit, t.runs)
	return m
}

// memoryRank is what is used of a node's memory and what is promised by
// limits, of allocatable: the worst node of a pool has the largest.
func (n Node) memoryRank() [2]float64 {
	return [2]float64{n.Memory.Used / n.Allocatable.Memory, n.Memory.Limits / n.Allocatable.Memory}
}

// poolMemory gives each pool the worst of its nodes: by what is used, then by
// limits, of allocatable.
func (f *Facts) poolMemory(r *Result) {
	worst := map[string][2]float64{}
	for name, p := range r.Pools {
		p.Memory = noNodeMemory()
		r.Pools[name] = p
	}
	for _, n := range f.run.Nodes {
		node := r.Nodes[n.Name]
		if node.Allocatable.Memory <= 0 {
			continue
		}
		rank := node.memoryRank()
		if had, seen := worst[n.Pool]; seen && slices.Compare(rank[:], had[:]) <= 0 {
			continue
		}
		worst[n.Pool] = rank
		p := r.Pools[n.Pool]
		p.Memory = node.Memory
		r.Pools[n.Pool] = p
	}
}
