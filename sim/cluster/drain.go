package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// kubectl drain's own times (k8s.io/kubectl/pkg/drain/drain.go): a refused
// eviction is tried again after retryEviction, and every pollDeletion it looks
// whether an evicted pod is gone.
const (
	retryEviction = 5 * time.Second
	pollDeletion  = time.Second
)

// drain is one kubectl drain under way.
type drain struct {
	world *World
	Drain
	deadline sim.Time // 0 for none
	left     int      // pods that are not gone yet
	failed   []string
}

func (w *World) drain(a Drain) error {
	if err := w.cordon(Cordon{Node: a.Node, Unschedulable: true}); err != nil {
		return err
	}
	d := &drain{world: w, Drain: a}
	if a.Timeout > 0 {
		d.deadline = w.loop.Now().Add(a.Timeout)
	}
	pods, err := d.pods()
	if err != nil {
		return err
	}
	d.left = len(pods)
	d.finish()
	for _, p := range pods {
		w.loop.At(w.loop.Now(), sim.PhaseControl, sim.Func(func(now sim.Time) { d.evict(now, p, true) }))
	}
	return nil
}

// What kubectl says of pods that it doesn't evict (filters.go).
const (
	daemonSetFatal    = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
	daemonSetWarning  = "ignoring DaemonSet-managed Pods"
	unmanagedFatal    = "Pods that declare no controller (use --force to override)"
	localStorageFatal = "Pods with local storage (use --delete-emptydir-data to override)"
)

// pods are those that have to go; the error lists those that kubectl does not
// evict without being told to.
func (d *drain) pods() (list []*pod, err error) {
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
	var faults []string
	for _, reason := range reasons {
		faults = append(faults, "cannot delete "+reason+": "+strings.Join(refused[reason], ", "))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("unable to drain node %q due to error: [%s]", d.Node, strings.Join(faults, ", "))
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

func (d *drain) expired(now sim.Time) bool { return d.deadline > 0 && now >= d.deadline }

// evict tries to evict a pod until it may go.
func (d *drain) evict(now sim.Time, p *pod, first bool) {
	w := d.world
	if p.removed {
		d.gone()
		return
	}
	if d.expired(now) {
		d.fail(fmt.Sprintf("error when evicting pods/%q -n %q: global timeout reached: %s", p.api.Name, p.api.Namespace, d.Timeout))
		return
	}
	err := p.evict()
	var refusal *disruption.Refusal
	switch {
	case err == nil:
		w.loop.After(0, sim.PhaseControl, sim.Func(func(now sim.Time) { d.wait(now, p) }))
	case errors.As(err, &refusal) && refusal.Code == 429:
		if first {
			d.say(fmt.Sprintf("error when evicting pods/%q -n %q (will retry after 5s): %s %s", p.api.Name, p.api.Namespace, refusal.Message, refusal.Cause))
		}
		w.loop.After(retryEviction, sim.PhaseControl, sim.Func(func(now sim.Time) { d.evict(now, p, false) }))
	default:
		d.fail(fmt.Sprintf("error when evicting pods/%q -n %q: %s", p.api.Name, p.api.Namespace, err))
	}
}

// wait looks every second whether an evicted pod is gone.
func (d *drain) wait(now sim.Time, p *pod) {
	switch {
	case p.removed:
		d.say(fmt.Sprintf("pod/%s evicted", p.api.Name))
		d.gone()
	case d.expired(now):
		d.fail(fmt.Sprintf("error when waiting for pod %q in namespace %q to terminate: global timeout reached: %s", p.api.Name, p.api.Namespace, d.Timeout))
	default:
		d.world.loop.After(pollDeletion, sim.PhaseControl, sim.Func(func(now sim.Time) { d.wait(now, p) }))
	}
}

func (d *drain) fail(message string) {
	d.failed = append(d.failed, message)
	d.gone()
}

func (d *drain) gone() {
	d.left--
	d.finish()
}

// finish tells the outcome once no pod is left to wait for.
func (d *drain) finish() {
	switch {
	case d.left > 0:
	case len(d.failed) > 0:
		d.say(fmt.Sprintf("unable to drain node %q due to error: [%s]", d.Node, strings.Join(d.failed, ", ")))
	default:
		d.say("node/" + d.Node + " drained")
	}
}

func (d *drain) say(text string) {
	d.world.record(record.Step{At: d.world.at(), Text: "drain node " + d.Node + ": " + text})
}
