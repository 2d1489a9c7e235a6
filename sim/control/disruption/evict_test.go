package disruption

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestEvictions(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	pod := func(phase v1.PodPhase, ready v1.ConditionStatus) *v1.Pod {
		return &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"},
			Status: v1.PodStatus{Phase: phase, Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: ready}}}}
	}
	pdb := func(healthy, desired, allowed int32) *policyv1.PodDisruptionBudget {
		return &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "b"},
			Status: policyv1.PodDisruptionBudgetStatus{CurrentHealthy: healthy, DesiredHealthy: desired,
				DisruptionsAllowed: allowed, ExpectedPods: healthy}}
	}
	unobserved := pdb(3, 2, 1)
	unobserved.Generation = 2
	always := pdb(1, 2, 0)
	always.Spec.UnhealthyPodEvictionPolicy = ptr.To(policyv1.AlwaysAllow)
	for name, c := range map[string]struct {
		pod     *v1.Pod
		budgets []*policyv1.PodDisruptionBudget
		code    int
		cause   string
		writes  bool
	}{
		"no budget": {pod: pod(v1.PodRunning, v1.ConditionTrue)},
		"pending": {pod: pod(v1.PodPending, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{
			pdb(1, 2, 0)}},
		"one left": {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{
			pdb(3, 2, 1)}, writes: true},
		"none left": {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{
			pdb(2, 2, 0)}, code: 429, cause: "The disruption budget b needs 2 healthy pods and has 2 currently"},
		"not observed": {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{
			unobserved}, code: 429, cause: "The disruption budget b is still being processed by the server."},
		"two budgets": {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{
			pdb(3, 2, 1), pdb(3, 2, 1)}, code: 500},
		"unready under quorum": {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{
			pdb(1, 2, 0)}, code: 429, cause: "The disruption budget b needs 2 healthy pods and has 1 currently"},
		"unready, others fine": {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{
			pdb(2, 2, 0)}},
		"unready, AlwaysAllow": {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{
			always}},
		"a negative allowance": {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{
			pdb(2, 3, -1)}, code: 403,
			cause: "The disruption budget b does not allow evicting pods currently: pdb disruptions allowed is negative"},
		"succeeded pods may go": {pod: pod(v1.PodSucceeded, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{
			pdb(1, 2, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			status, err := Evict(c.pod, c.budgets, now)
			require.Equal(t, c.writes, status != nil)
			if c.code == 0 {
				require.NoError(t, err)
			} else {
				var refusal *Refusal
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, c.code, refusal.Code)
				if c.code == 403 {
					require.EqualError(t, err, `poddisruptionbudget.policy "b" is forbidden: pdb disruptions allowed is negative`)
				}
				require.Equal(t, c.cause, refusal.Cause)
			}
			if status != nil {
				require.Equal(t, c.budgets[0].Status.DisruptionsAllowed-1, status.DisruptionsAllowed)
				require.Contains(t, status.DisruptedPods, "p")
				require.Empty(t, c.budgets[0].Status.DisruptedPods, "the budget is read-only")
			}
		})
	}
}
