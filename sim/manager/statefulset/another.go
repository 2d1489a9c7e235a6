package statefulset

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// AnotherPods is one more pod of each StatefulSet that has any, in the order in
// which the StatefulSets came.
func (c *Controller) AnotherPods() (list []manager.Candidate) {
	for _, o := range apiserver.List[*appsv1.StatefulSet](c.Store) {
		if *o.Spec.Replicas > 0 {
			list = append(list, manager.Candidate{Workload: c.WorkloadOf(o), Pod: c.anotherPod(o)})
		}
	}
	return list
}

// anotherPod is one more pod of a StatefulSet. Its claims would be new ones, and
// volumes don't hold a pod back, so it goes without.
func (c *Controller) anotherPod(ss *appsv1.StatefulSet) *v1.Pod {
	kind := c.Kinds.Of(ss).GroupVersionKind
	// It fails only for a parent without metadata.
	o, _ := controller.GetPodFromTemplate(&ss.Spec.Template, ss, metav1.NewControllerRef(ss, kind))
	o.Name, o.Namespace = ss.Name+"-headroom", ss.Namespace
	control.AdmitPod(o, c.UID(), c.WallNow())
	o.Spec.Volumes = slices.DeleteFunc(o.Spec.Volumes, func(v v1.Volume) bool {
		return v.PersistentVolumeClaim != nil || v.Ephemeral != nil
	})
	return o
}
