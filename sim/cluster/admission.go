package cluster

import (
	"errors"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/admission"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// refused records that the API server did not take an object of a workload.
// What it says again and again is counted, not repeated: the record of the
// first answer is written at once, one with the number of the others when it
// says something else or takes one, or at the end.
func (w *World) refused(workload string, o metav1.Object, err error) {
	kind, _, _ := nameOf(o.(runtime.Object))
	r := record.CreationRefused{Workload: workload, Object: kind, Message: err.Error(), Count: 1}
	if owner := metav1.GetControllerOf(o); owner != nil {
		r.By = owner.Kind + " " + key(o.GetNamespace(), owner.Name)
	} else if by, namespace, name := splitWorkload(workload); by != "Pod" {
		r.By = by + " " + key(namespace, name) // of a claim
	}
	var answer *admission.Refusal
	if errors.As(err, &answer) {
		r.Policy = answer.Policy
		for _, s := range answer.Short {
			r.Short = append(r.Short, record.Shortage{
				Resource: s.Resource, Requested: s.Requested.String(), Used: s.Used.String(), Hard: s.Hard.String(),
			})
		}
	}
	k := workload + " " + kind
	if last, known := w.refusals.get(k); known {
		if last.first.By == r.By && last.first.Policy == r.Policy && sameResources(last.first.Short, r.Short) {
			last.more++
			last.last = w.loop.Now()
			return
		}
		w.flushRefusals(last)
	}
	r.At = w.at()
	w.refusals.put(k, &refusals{first: r})
	w.record(r)
}

// refusals is an answer of the API server that a workload gets again and again.
type refusals struct {
	first record.CreationRefused
	more  int64    // times after the first
	last  sim.Time // of the last of those
}

func sameResources(a, b []record.Shortage) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Resource != b[i].Resource {
			return false
		}
	}
	return true
}

func (w *World) flushRefusals(last *refusals) {
	if last.more == 0 {
		return
	}
	r := last.first
	r.At, r.Count, r.Since, r.Last = w.at(), last.more, last.first.T, last.last
	w.record(r)
	last.more = 0
}

// taken ends a run of refusals.
func (w *World) taken(workload, kind string) {
	k := workload + " " + kind
	if last, known := w.refusals.get(k); known {
		w.flushRefusals(last)
		w.refusals.remove(k)
	}
}

// list are the objects of a resource in a namespace, for what ResourceQuotas
// count. Claims that pods name but nobody made in the run are not counted: they
// are taken to exist, and nothing is known of their size.
func (w *World) list(resource schema.GroupResource, namespace string) []runtime.Object {
	var list []runtime.Object
	add := func(o object) {
		if o.GetNamespace() == namespace {
			list = append(list, o)
		}
	}
	switch resource {
	case v1.Resource("pods"):
		for _, p := range w.pods.inOrder() {
			add(p.api)
		}
	case v1.Resource("services"):
		for _, s := range w.services.inOrder() {
			if !s.deleted {
				add(s.api)
			}
		}
	case v1.Resource("persistentvolumeclaims"):
		for _, claim := range w.madeClaims.inOrder() {
			add(claim)
		}
	case appsv1.Resource("deployments"):
		for _, d := range w.deployments.inOrder() {
			add(d.api)
		}
	case appsv1.Resource("replicasets"):
		for _, rs := range w.replicaSets.inOrder() {
			add(rs.api)
		}
	case appsv1.Resource("statefulsets"):
		for _, ss := range w.statefulSets.inOrder() {
			add(ss.api)
		}
	case appsv1.Resource("daemonsets"):
		for _, ds := range w.daemonSets.inOrder() {
			add(ds.api)
		}
	case appsv1.Resource("controllerrevisions"):
		for _, ds := range w.daemonSets.inOrder() {
			for _, r := range ds.revisions {
				add(r)
			}
		}
		for _, ss := range w.statefulSets.inOrder() {
			for _, r := range ss.revisions {
				add(r)
			}
		}
	case batchv1.Resource("jobs"):
		for _, j := range w.jobs.inOrder() {
			add(j.api)
		}
	case batchv1.Resource("cronjobs"):
		for _, cj := range w.cronJobs.inOrder() {
			add(cj.api)
		}
	case schema.GroupResource{Group: "autoscaling", Resource: "horizontalpodautoscalers"}:
		for _, a := range w.autoscalers.inOrder() {
			add(a.api)
		}
	case schema.GroupResource{Group: "policy", Resource: "poddisruptionbudgets"}:
		for _, b := range w.budgets.inOrder() {
			add(b.api)
		}
	default:
		for _, o := range w.others.inOrder() {
			if m, is := o.(object); is && admission.ResourceOf(o) == resource {
				add(m)
			}
		}
	}
	return list
}

type object interface {
	runtime.Object
	metav1.Object
}
