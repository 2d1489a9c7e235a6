package hpa

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	resourcehelpers "k8s.io/component-helpers/resource"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/features"
)

// requests is what each pod, or one container of each, requests of a resource,
// in thousandths (replica_calculator.go, calculateRequests).
func requests(pods []*v1.Pod, container string, resource v1.ResourceName) (map[string]int64, error) {
	podLevel := utilfeature.DefaultFeatureGate.Enabled(features.PodLevelResources) && container == ""
	byPod := make(map[string]int64, len(pods))
	for _, pod := range pods {
		var n int64
		var err error
		if podLevel && resourcehelpers.IsPodLevelRequestsSet(pod) {
			n, err = podRequest(pod, resource)
		} else {
			n, err = containerRequests(pod, container, resource)
		}
		if err != nil {
			return nil, err
		}
		byPod[pod.Name] = n
	}
	return byPod, nil
}

func podRequest(pod *v1.Pod, resource v1.ResourceName) (int64, error) {
	q, given := resourcehelpers.PodRequests(pod, resourcehelpers.PodResourcesOptions{})[resource]
	if !given {
		return 0, fmt.Errorf("missing pod-level request for %s in Pod %s", resource, pod.Name)
	}
	return q.MilliValue(), nil
}

func containerRequests(pod *v1.Pod, only string, resource v1.ResourceName) (sum int64, err error) {
	found := only == ""
	add := func(c *v1.Container) {
		if err != nil || (only != "" && only != c.Name) {
			return
		}
		found = true
		q, given := c.Resources.Requests[resource]
		if !given {
			err = fmt.Errorf("missing request for %s in container %s of Pod %s", resource, c.Name, pod.Name)
		}
		sum += q.MilliValue()
	}
	for i := range pod.Spec.Containers {
		add(&pod.Spec.Containers[i])
	}
	for i := range pod.Spec.InitContainers {
		if c := &pod.Spec.InitContainers[i]; podutil.IsRestartableInitContainer(c) {
			add(c)
		}
	}
	switch {
	case err != nil:
		return 0, err
	case !found:
		return 0, fmt.Errorf("container %s not found in Pod %s", only, pod.Name)
	}
	return sum, nil
}
