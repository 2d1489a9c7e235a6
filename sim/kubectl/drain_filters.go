package kubectl

import (
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
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
func (d *drain) toEvict() (list []*apiserver.Pod, err error) {
	refused := map[string][]string{}
	var reasons, ignored []string
	for _, p := range d.user.PodsOn(d.Node) {
		switch reason := d.filter(p); reason {
		case "":
			list = append(list, p)
		case daemonSetWarning:
			ignored = append(ignored, p.Key())
		default:
			if refused[reason] == nil {
				reasons = append(reasons, reason)
			}
			refused[reason] = append(refused[reason], p.Key())
		}
	}
	var faults []error
	for _, reason := range reasons {
		faults = append(faults, apiserver.Answer("cannot delete "+reason+": "+strings.Join(refused[reason], ", ")))
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
func (d *drain) filter(p *apiserver.Pod) string {
	owner := metav1.GetControllerOf(p.Object())
	var kind *kinds.Kind
	if owner != nil {
		kind = d.user.Kinds.Named(owner.Kind)
	}
	switch {
	case p.Object().Status.Phase == v1.PodSucceeded || p.Object().Status.Phase == v1.PodFailed:
		return ""
	case kind != nil && kind.PerNode:
		known := d.user.Get(owner.Kind, p.Namespace(), owner.Name) != nil
		switch {
		case !known && !d.Force:
			return d.user.Missing(owner.Kind, owner.Name).Error()
		case known && d.IgnoreDaemonSets:
			return daemonSetWarning
		case known:
			return daemonSetFatal
		}
	}
	switch {
	case !d.DeleteEmptyDirData && hasEmptyDir(p.Object()):
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
