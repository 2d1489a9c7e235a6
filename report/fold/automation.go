package fold

import (
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Automation is what the records tell of autoscalers and disruption budgets
// over all replications.
type Automation struct {
	Autoscalers map[string]*autoscalerEvidence // by namespace/name
	Budgets     map[string]*BudgetEvidence     // by namespace/name
	Drains      []record.Drained               // that ended, of all replications in order
	// budgetStates are those of the first replication.
	budgetStates []record.BudgetState
	// overlaps are budgets that share a pod whose eviction was refused for it, and
	// in which replications.
	Overlaps map[string]map[int]bool
	Resets   map[string]*resets // by workload
	// scaledObjects are those of KEDA by the workload that they scale.
	ScaledObjects map[string]string
}

// autoscalerEvidence is kept by replication, since the last word of each counts.
type autoscalerEvidence struct {
	Workload string
	Last     map[int]record.Autoscaled
	// blindSince is when it could not decide any longer, where it could before.
	BlindSince map[int]sim.Time
	// atMaximum is the decision that wanted most beyond maxReplicas in each
	// replication, and since when it was held.
	AtMaximum map[int]HeldAt
	Responses map[int]*Response
}

// HeldAt is a decision that a bound held back, and since when one was.
type HeldAt struct {
	Since    sim.Time
	Decision record.Autoscaled
}

// BudgetEvidence is of refusals that no course of events could have lifted:
// the budget wants all pods, or more, to be healthy. refused has the last one of
// each pod.
type BudgetEvidence struct {
	Refused map[int]map[string]record.EvictionRefused // by replication and pod
}

func newAutomation() Automation {
	return Automation{
		Autoscalers: map[string]*autoscalerEvidence{}, Budgets: map[string]*BudgetEvidence{},
		Overlaps: map[string]map[int]bool{},
		Resets:   map[string]*resets{}, ScaledObjects: map[string]string{},
	}
}

func (a *Automation) autoscaled(r record.Autoscaled) {
	e, known := a.Autoscalers[r.HPA]
	if !known {
		e = &autoscalerEvidence{Workload: r.Workload, Last: map[int]record.Autoscaled{}, BlindSince: map[int]sim.Time{},
			AtMaximum: map[int]HeldAt{}, Responses: map[int]*Response{}}
		a.Autoscalers[r.HPA] = e
	}
	before, decided := e.Last[r.Replication]
	switch {
	case !Blind(r):
		delete(e.BlindSince, r.Replication)
	case decided && !Blind(before):
		e.BlindSince[r.Replication] = r.T
	}
	e.Last[r.Replication] = r
	entry(e.Responses, r.Replication).note(r)
	if r.Limit == "TooManyReplicas" || strings.Contains(r.Reason, "TooManyReplicas") {
		if held, known := e.AtMaximum[r.Replication]; !known || Asked(r) > Asked(held.Decision) {
			since := r.T
			if known {
				since = held.Since
			}
			e.AtMaximum[r.Replication] = HeldAt{since, r}
		}
	}
}

// Blind reports whether an autoscaler could not decide.
func Blind(r record.Autoscaled) bool { return r.Message != "" && !r.Rescaled }

// Asked is the size that the limit met: what the metrics ask for, or asked for
// within the stabilization window.
func Asked(r record.Autoscaled) int32 { return max(r.Recommended, r.Stabilized) }

func (a *Automation) refused(r record.EvictionRefused) {
	if len(r.Others) > 0 {
		for _, budget := range append([]string{r.Budget}, r.Others...) {
			if a.Overlaps[budget] == nil {
				a.Overlaps[budget] = map[int]bool{}
			}
			a.Overlaps[budget][r.Replication] = true
		}
		return
	}
	if r.Desired < r.Expected {
		return
	}
	e, known := a.Budgets[r.Budget]
	if !known {
		e = &BudgetEvidence{Refused: map[int]map[string]record.EvictionRefused{}}
		a.Budgets[r.Budget] = e
	}
	if e.Refused[r.Replication] == nil {
		e.Refused[r.Replication] = map[string]record.EvictionRefused{}
	}
	e.Refused[r.Replication][r.Pod] = r
}

// How far a size has to change, and its metric not to, for the metric to be taken
// to be deaf to it.
const (
	deafGrowth = 2.0
	deafShare  = 0.85
)

// Response is how the one metric of an autoscaler answered to the sizes that it
// chose in a replication, while it asked for more.
type Response struct {
	First, Last record.Autoscaled
	lowest      float64 // ratio
	highest     float64
	Metric      string
	reached     bool // maxReplicas
}

func (r *Response) note(a record.Autoscaled) {
	if len(a.Metrics) != 1 || a.Metrics[0].Error != "" || a.Current == 0 || a.Metrics[0].Ratio <= 1 {
		if a.Recommended < a.Current && a.Recommended > 0 {
			*r = Response{} // it was satisfied
		}
		return
	}
	ratio := a.Metrics[0].Ratio
	if r.Metric == "" {
		*r = Response{First: a, lowest: ratio, highest: ratio, Metric: upstream.ShortMetric(a.Metrics[0].Name)}
	}
	r.Last = a
	r.lowest, r.highest = math.Min(r.lowest, ratio), math.Max(r.highest, ratio)
	r.reached = r.reached || a.Limit == "TooManyReplicas"
}

// Deaf reports whether the metric stayed above the target all the way to
// maxReplicas and hardly moved.
func (r *Response) Deaf() bool {
	return r.reached && r.Metric != "" && float64(r.Last.Current) >= deafGrowth*float64(r.First.Current) &&
		r.lowest >= deafShare*r.highest
}

// resets are sizes that somebody else than its autoscaler wrote.
type resets struct {
	Example record.Scaled
	Back    *record.Scaled // the autoscaler's next write after it
	Runs    map[int]bool
}

func (a *Automation) scaled(r record.Scaled) {
	old, known := a.Resets[r.Workload]
	switch {
	case r.By == record.ByTimeline && r.From != r.To:
		if !known {
			old = &resets{Example: r, Runs: map[int]bool{}}
			a.Resets[r.Workload] = old
		}
		old.Runs[r.Replication] = true
	case known && (r.By == record.ByAutoscaler || r.By == record.ByKEDA) && old.Back == nil &&
		r.Replication == old.Example.Replication:
		old.Back = &r
	}
}
