package report

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// pool is the state of a pool while a replication is read. The means are sums
// over seconds until close.
type pool struct {
	allocatable     Amounts
	seconds         float64
	requested, used Use
}

// nodeUse is what the pods of a node ask for.
type nodeUse struct {
	now, peak Amounts
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

func amounts(r record.Resources) Amounts {
	return Amounts{r.CPU, float64(r.Memory), float64(r.GPU), float64(r.Pods)}
}

func (a *Amounts) add(r record.Resources) { a.addScaled(amounts(r), 1) }

func (a *Amounts) addScaled(o Amounts, factor float64) {
	a.CPU += o.CPU * factor
	a.Memory += o.Memory * factor
	a.GPU += o.GPU * factor
	a.Pods += o.Pods * factor
}

func (a *Amounts) raise(o Amounts) {
	a.CPU = max(a.CPU, o.CPU)
	a.Memory = max(a.Memory, o.Memory)
	a.GPU = max(a.GPU, o.GPU)
	a.Pods = max(a.Pods, o.Pods)
}

func (a Amounts) over(divisor float64) Amounts {
	return Amounts{a.CPU / divisor, a.Memory / divisor, a.GPU / divisor, a.Pods / divisor}
}

func (r *replication) poolUsage(rec record.PoolUsage) error {
	if rec.From > rec.T {
		return fmt.Errorf("from: must be at most t, %s, got %s", rec.T, rec.From)
	}
	p, seconds := r.pool(rec.Pool), (rec.T - rec.From).Seconds()
	p.seconds += seconds
	p.requested.Mean.addScaled(amounts(rec.Requested), seconds)
	p.requested.Peak.raise(amounts(rec.RequestedPeak))
	p.used.Mean.addScaled(amounts(rec.Used), seconds)
	p.used.Peak.raise(amounts(rec.UsedPeak))
	return nil
}

// share is a peak as a part of what is allocatable, missing where there is
// none.
func share(peak, allocatable float64) Value {
	if allocatable == 0 {
		return Missing
	}
	return Value(peak / allocatable)
}

func (n *nodeUse) place(requests record.Resources) {
	requests.Pods = 1
	n.now.add(requests)
	n.peak.raise(n.now)
	n.pods++
}

func (n *nodeUse) remove(requests record.Resources) {
	requests.Pods = 1
	n.now.addScaled(amounts(requests), -1)
	n.pods--
}
