package job

import (
	"fmt"
	"slices"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
)

// failJobMessage is why a failed pod fails the whole Job by podFailurePolicy, nil
// when none does (job_controller.go, getFailJobMessage).
func (c *syncCtx) failJobMessage() *string {
	for _, p := range c.pods {
		if c.job.Spec.PodFailurePolicy != nil && isPodFailed(p, c.job) {
			if message, _, _ := matchPodFailurePolicy(c.job.Spec.PodFailurePolicy, p); message != nil {
				return message
			}
		}
	}
	return nil
}

// matchPodFailurePolicy finds the first rule that matches a failed pod: the
// message of a rule FailJob, whether the failure counts, and the rule's action,
// nil without a rule (pod_failure_policy.go).
func matchPodFailurePolicy(policy *batch.PodFailurePolicy, failed *v1.Pod) (*string, bool,
	*batch.PodFailurePolicyAction) {
	if policy == nil {
		return nil, true, nil
	}
	for i := range policy.Rules {
		rule := &policy.Rules[i]
		why := ""
		switch {
		case rule.OnExitCodes != nil:
			if status := matchOnExitCodes(&failed.Status, rule.OnExitCodes); status != nil {
				why = fmt.Sprintf("Container %s for pod %s/%s failed with exit code %v",
					status.Name, failed.Namespace, failed.Name, status.State.Terminated.ExitCode)
			}
		case rule.OnPodConditions != nil:
			if condition := matchOnPodConditions(&failed.Status, rule.OnPodConditions); condition != nil {
				why = fmt.Sprintf("Pod %s/%s has condition %v", failed.Namespace, failed.Name, condition.Type)
			}
		}
		if why == "" {
			continue
		}
		switch action := rule.Action; action {
		case batch.PodFailurePolicyActionIgnore:
			return nil, false, &action
		case batch.PodFailurePolicyActionFailIndex, batch.PodFailurePolicyActionCount:
			return nil, true, &action
		case batch.PodFailurePolicyActionFailJob:
			message := fmt.Sprintf("%s matching %v rule at index %d", why, action, i)
			return &message, true, &action
		}
	}
	return nil, true, nil
}

func matchOnExitCodes(status *v1.PodStatus,
	requirement *batch.PodFailurePolicyOnExitCodesRequirement) *v1.ContainerStatus {
	for _, list := range [...][]v1.ContainerStatus{status.ContainerStatuses, status.InitContainerStatuses} {
		for i := range list {
			c := &list[i]
			if c.State.Terminated == nil || (requirement.ContainerName != nil && *requirement.ContainerName != c.Name) {
				continue
			}
			code := c.State.Terminated.ExitCode
			if code != 0 && slices.Contains(requirement.Values,
				code) == (requirement.Operator == batch.PodFailurePolicyOnExitCodesOpIn) {
				return c
			}
		}
	}
	return nil
}

func matchOnPodConditions(status *v1.PodStatus,
	patterns []batch.PodFailurePolicyOnPodConditionsPattern) *v1.PodCondition {
	for i := range status.Conditions {
		c := &status.Conditions[i]
		for _, pattern := range patterns {
			if c.Type == pattern.Type && c.Status == pattern.Status {
				return c
			}
		}
	}
	return nil
}
