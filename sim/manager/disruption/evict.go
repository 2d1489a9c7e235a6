package disruption

import (
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// BudgetsOf names the budgets that select a pod.
func (c *Controller) BudgetsOf(p *apiserver.Pod) (names []string) {
	for _, b := range c.selecting(p) {
		names = append(names, b.key())
	}
	return names
}

// Evict asks the eviction subresource to let a pod go, for a drain of its node.
// An error is a *disruption.Refusal of sim/control.
func (c *Controller) Evict(p *apiserver.Pod) error {
	selecting := c.selecting(p)
	budgets := make([]*policyv1.PodDisruptionBudget, len(selecting))
	for i, b := range selecting {
		budgets[i] = b.api
	}
	status, err := disruption.Evict(p.Object(), budgets, c.WallNow())
	if err != nil {
		c.recordRefusal(p, selecting, err)
		return err
	}
	if status != nil {
		selecting[0].write(*status)
	}
	p.Write(apiserver.Nobody, func(next *v1.Pod) {
		c.SetCondition(next, v1.DisruptionTarget, v1.ConditionTrue, "EvictionByEvictionAPI", "Eviction API: evicting")
	})
	p.Delete(apiserver.Why{Reason: record.Evicted, By: "drain of node " + p.Node()})
	return nil
}

func (c *Controller) recordRefusal(p *apiserver.Pod, selecting []*budget, err error) {
	first := selecting[0]
	s := first.api.Status
	r := record.EvictionRefused{
		At: c.At(), Pod: p.Key(), Node: p.Node(), Budget: first.key(),
		Healthy: s.CurrentHealthy, Desired: s.DesiredHealthy, Expected: s.ExpectedPods, Message: err.Error(),
	}
	for _, b := range selecting[1:] {
		r.Others = append(r.Others, b.key())
	}
	c.Record(r)
}
