package fold

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// pool is the state of a pool while a replication is read. The means are sums
// over seconds until close.
type pool struct {
	allocatable     result.Amounts
	seconds         float64
	requested, used result.Use
}

// nodeUse is what the pods of a node ask for.
type nodeUse struct {
	now, peak result.Amounts
	pods      int
	limits    float64 // sum of the memory limits of its pods
	unlimited int     // containers without one
	qos       map[string]int
	most      overcommit
	usedPeak  float64
	over      float64 // seconds above allocatable
	seconds   float64
	observed  bool
	gone      *sim.Time // it was removed
}

func (r *replication) poolUsage(rec record.PoolUsage) error {
	if rec.From > rec.T {
		return fmt.Errorf("from: must be at most t, %s, got %s", rec.T, rec.From)
	}
	p, seconds := r.pool(rec.Pool), (rec.T - rec.From).Seconds()
	p.seconds += seconds
	p.requested.Mean.AddScaled(result.AmountsOf(rec.Requested), seconds)
	p.requested.Peak.Raise(result.AmountsOf(rec.RequestedPeak))
	p.used.Mean.AddScaled(result.AmountsOf(rec.Used), seconds)
	p.used.Peak.Raise(result.AmountsOf(rec.UsedPeak))
	return nil
}

func (n *nodeUse) place(requests record.Resources) {
	requests.Pods = 1
	n.now.Add(requests)
	n.peak.Raise(n.now)
	n.pods++
}

func (n *nodeUse) remove(requests record.Resources) {
	requests.Pods = 1
	n.now.AddScaled(result.AmountsOf(requests), -1)
	n.pods--
}
