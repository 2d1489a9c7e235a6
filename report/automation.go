package report

import (
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// automation is what the records tell of autoscalers and disruption budgets
// over all replications.
type automation struct {
	autoscalers map[string]*autoscalerEvidence // by namespace/name
	budgets     map[string]*budgetEvidence     // by namespace/name
	drains      []record.Drained               // that ended, of all replications in order
	// budgetStates are those of the first replication.
	budgetStates []record.BudgetState
	// overlaps are budgets that share a pod whose eviction was refused for it, and
	// in which replications.
	overlaps map[string]map[int]bool
	resets   map[string]*resets // by workload
	// scaledObjects are those of KEDA by the workload that they scale.
	scaledObjects map[string]string
}

// autoscalerEvidence is kept by replication, since the last word of each counts.
type autoscalerEvidence struct {
	workload string
	last     map[int]record.Autoscaled
	// blindSince is when it could not decide any longer, where it could before.
	blindSince map[int]sim.Time
	// atMaximum is the decision that wanted most beyond maxReplicas in each
	// replication, and since when it was held.
	atMaximum map[int]heldAt
	responses map[int]*response
}

type heldAt struct {
	since    sim.Time
	decision record.Autoscaled
}

// budgetEvidence is of refusals that no course of events could have lifted:
// the budget wants all pods, or more, to be healthy. refused has the last one of
// each pod.
type budgetEvidence struct {
	refused map[int]map[string]record.EvictionRefused // by replication and pod
}

func newAutomation() automation {
	return automation{
		autoscalers: map[string]*autoscalerEvidence{}, budgets: map[string]*budgetEvidence{}, overlaps: map[string]map[int]bool{},
		resets: map[string]*resets{}, scaledObjects: map[string]string{},
	}
}

func (a *automation) autoscaled(r record.Autoscaled) {
	e, known := a.autoscalers[r.HPA]
	if !known {
		e = &autoscalerEvidence{workload: r.Workload, last: map[int]record.Autoscaled{}, blindSince: map[int]sim.Time{}, atMaximum: map[int]heldAt{}, responses: map[int]*response{}}
		a.autoscalers[r.HPA] = e
	}
	before, decided := e.last[r.Replication]
	switch {
	case !blind(r):
		delete(e.blindSince, r.Replication)
	case decided && !blind(before):
		e.blindSince[r.Replication] = r.T
	}
	e.last[r.Replication] = r
	entry(e.responses, r.Replication).note(r)
	if r.Limit == "TooManyReplicas" || strings.Contains(r.Reason, "TooManyReplicas") {
		if held, known := e.atMaximum[r.Replication]; !known || asked(r) > asked(held.decision) {
			since := r.T
			if known {
				since = held.since
			}
			e.atMaximum[r.Replication] = heldAt{since, r}
		}
	}
}

// blind reports whether an autoscaler could not decide.
func blind(r record.Autoscaled) bool { return r.Message != "" && !r.Rescaled }

// asked is the size that the limit met: what the metrics ask for, or asked for
// within the stabilization window.
func asked(r record.Autoscaled) int32 { return max(r.Recommended, r.Stabilized) }

func (a *automation) refused(r record.EvictionRefused) {
	if len(r.Others) > 0 {
		for _, budget := range append([]string{r.Budget}, r.Others...) {
			if a.overlaps[budget] == nil {
				a.overlaps[budget] = map[int]bool{}
			}
			a.overlaps[budget][r.Replication] = true
		}
		return
	}
	if r.Desired < r.Expected {
		return
	}
	e, known := a.budgets[r.Budget]
	if !known {
		e = &budgetEvidence{refused: map[int]map[string]record.EvictionRefused{}}
		a.budgets[r.Budget] = e
	}
	if e.refused[r.Replication] == nil {
		e.refused[r.Replication] = map[string]record.EvictionRefused{}
	}
	e.refused[r.Replication][r.Pod] = r
}
