package cluster

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What kubectl says of pods that it doesn't evict (filters.go).
const (
	daemonSetFatal    = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
	daemonSetWarning  = "ignoring DaemonSet-managed Pods"
	unmanagedFatal    = "Pods that declare no controller (use --force to override)"
	localStorageFatal = "Pods with local storage (use --delete-emptydir-data to override)"
)

// toEvict are the pods that have to go; the error lists those that kubectl does not
// evict without being told to.
func (d *drain) toEvict() (list []*pod, err error) {
	refused := map[string][]string{}
	var reasons, ignored []string
	for _, p := range d.world.pods.inOrder() {
		if p.api.Spec.NodeName != d.Node {
			continue
		}
		switch reason := d.filter(p); reason {
		case "":
			list = append(list, p)
		case daemonSetWarning:
			ignored = append(ignored, p.name())
		default:
			if refused[reason] == nil {
				reasons = append(reasons, reason)
			}
			refused[reason] = append(refused[reason], p.name())
		}
	}
	var faults []error
	for _, reason := range reasons {
		faults = append(faults, answer("cannot delete "+reason+": "+strings.Join(refused[reason], ", ")))
	}
	if len(faults) > 0 {
		return nil, d.unable(faults)
	}
	if len(ignored) > 0 {
		d.say(daemonSetWarning + ": " + strings.Join(ignored, ", "))
	}
	return list, nil
}

// filter is why a pod is not evicted, "" when it is. A pod that has ended may
// always go.
func (d *drain) filter(p *pod) string {
	owner := metav1.GetControllerOf(p.api)
	switch {
	case p.api.Status.Phase == v1.PodSucceeded || p.api.Status.Phase == v1.PodFailed:
		return ""
	case owner != nil && owner.Kind == "DaemonSet":
		_, known := d.world.daemonSets.get(key(p.api.Namespace, owner.Name))
		switch {
		case !known && !d.Force:
			return fmt.Sprintf("daemonsets.apps %q not found", owner.Name)
		case known && d.IgnoreDaemonSets:
			return daemonSetWarning
		case known:
			return daemonSetFatal
		}
	}
	switch {
	case !d.DeleteEmptyDirData && hasEmptyDir(p.api):
		return localStorageFatal
	case !d.Force && owner == nil:
		return unmanagedFatal
	}
	return ""
}

func hasEmptyDir(o *v1.Pod) bool {
	for _, volume := range o.Spec.Volumes {
		if volume.EmptyDir != nil {
			return true
		}
	}
	return false
}
