package fold

import (
	"fmt"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

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
		return fmt.Errorf("max, over, seconds: must be finite, at least 0, and over at most seconds, got %d, %g and %g",
			rec.Max, rec.Over, rec.Seconds)
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

func (t *nodeTotals) result() result.NodeMemory {
	m := result.NoNodeMemory()
	m.Requests, m.Limits, m.Unlimited, m.Used = t.requests, t.most.limits, t.most.unlimited, t.used
	for class, k := range t.most.qos {
		m.QOS[class] = k
	}
	if t.seconds > 0 {
		m.Over = stat.Value(t.over / t.seconds)
	}
	m.RunsOver, m.PerRun = t.hit, stat.PerRun(t.hit, t.runs)
	return m
}

// poolMemory gives each pool the worst of its nodes: by what is used, then by
// limits, of allocatable.
func (f *Facts) poolMemory(r *result.Result) {
	worst := map[string][2]float64{}
	for name, p := range r.Pools {
		p.Memory = result.NoNodeMemory()
		r.Pools[name] = p
	}
	for _, n := range f.Run.Nodes {
		node := r.Nodes[n.Name]
		if node.Allocatable.Memory <= 0 {
			continue
		}
		rank := node.MemoryRank()
		if had, seen := worst[n.Pool]; seen && slices.Compare(rank[:], had[:]) <= 0 {
			continue
		}
		worst[n.Pool] = rank
		p := r.Pools[n.Pool]
		p.Memory = node.Memory
		r.Pools[n.Pool] = p
	}
}
