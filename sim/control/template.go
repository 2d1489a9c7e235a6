package control

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
)

// What kubectl's verbs do to a pod template is the same for every kind of
// workload. Errors are what kubectl prints.

// restartedAt is what kubectl rollout restart sets in the template.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// SetTemplateImage is kubectl set image on a template: the image of the
// container or init container of that name, or of all of them with "*".
func SetTemplateImage(template *v1.PodTemplateSpec, container, image string) error {
	return eachContainer(template, container, container == "*", func(c *v1.Container) { c.Image = image })
}

// SetTemplateResources is kubectl set resources on a template: those of the
// container or init container of that name. What the lists don't name stays as
// it is.
func SetTemplateResources(template *v1.PodTemplateSpec, container string, requests, limits v1.ResourceList) error {
	return eachContainer(template, container, false, func(c *v1.Container) {
		c.Resources.Requests = merged(c.Resources.Requests, requests)
		c.Resources.Limits = merged(c.Resources.Limits, limits)
	})
}

func eachContainer(template *v1.PodTemplateSpec, name string, all bool, change func(*v1.Container)) error {
	found := false
	for _, list := range [][]v1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for i := range list {
			if list[i].Name == name || all {
				change(&list[i])
				found = true
			}
		}
	}
	if !found {
		return fmt.Errorf("unable to find container named %q", name)
	}
	return nil
}

func merged(list, changes v1.ResourceList) v1.ResourceList {
	if list == nil && len(changes) > 0 {
		list = v1.ResourceList{}
	}
	for name, q := range changes {
		list[name] = q
	}
	return list
}

// RestartTemplate is kubectl rollout restart on the template of the workload of
// that name. The annotation it sets has whole seconds: a second restart within
// one is refused.
func RestartTemplate(template *v1.PodTemplateSpec, workload string, now time.Time) error {
	at := now.Format(time.RFC3339)
	if template.Annotations[restartedAt] == at {
		return fmt.Errorf(
			"failed to create patch for %s: if restart has already been triggered within the past second, please wait before attempting to trigger another", workload)
	}
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	template.Annotations[restartedAt] = at
	return nil
}
