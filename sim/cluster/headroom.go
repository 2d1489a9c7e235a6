package cluster

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// headroomLimit is how many more replicas are tried at the most.
const headroomLimit = 1000

// recordHeadroom asks how many more replicas of each workload the quotas would
// admit and the scheduler could place now.
func (w *World) recordHeadroom() {
	for _, d := range w.deployments.inOrder() {
		var template *replicaSet
		for _, rs := range d.replicaSets {
			if *rs.api.Spec.Replicas > 0 {
				template = rs
			}
		}
		if template == nil {
			continue
		}
		w.headroomOf(d.key, replicaset.NewPod(template.api, template.api.Name+"-headroom", w.uid(), w.wall(w.loop.Now())))
	}
	for _, ss := range w.statefulSets.inOrder() {
		if *ss.api.Spec.Replicas > 0 {
			w.headroomOf(ss.key, ss.anotherPod())
		}
	}
}

func (w *World) headroomOf(workload string, o *v1.Pod) {
	if err := w.admission.Prepare(o); err != nil {
		w.record(record.Headroom{At: w.at(), Workload: workload, Message: err.Error()})
		return
	}
	allowed, refusal := w.admission.Room(o, headroomLimit)
	// One more than the quotas allow tells as much as all of them.
	n, message, err := w.scheduler.upstream.Headroom(o, min(allowed+1, headroomLimit))
	if err != nil {
		w.fail(fmt.Errorf("headroom of %s: %w", workload, err))
		return
	}
	r := record.Headroom{At: w.at(), Workload: workload, Replicas: n, Capped: n >= headroomLimit, Message: message}
	if refusal != nil && allowed < n {
		r.Replicas, r.Capped, r.Message = allowed, false, refusal.Error()
		_, r.Quota, _ = strings.Cut(refusal.Policy, " ")
	}
	w.record(r)
}

// anotherPod is one more pod of the StatefulSet. Its claims would be new ones,
// and volumes don't hold a pod back, so it goes without.
func (ss *statefulSet) anotherPod() *v1.Pod {
	kind := appsv1.SchemeGroupVersion.WithKind("StatefulSet")
	// It fails only for a parent without metadata.
	o, _ := controller.GetPodFromTemplate(&ss.api.Spec.Template, ss.api, metav1.NewControllerRef(ss.api, kind))
	o.Name, o.Namespace = ss.api.Name+"-headroom", ss.api.Namespace
	control.AdmitPod(o, ss.world.uid(), ss.world.wall(ss.world.loop.Now()))
	o.Spec.Volumes = slices.DeleteFunc(o.Spec.Volumes, func(v v1.Volume) bool { return v.PersistentVolumeClaim != nil || v.Ephemeral != nil })
	return o
}
