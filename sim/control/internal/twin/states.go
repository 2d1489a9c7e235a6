package twin

import (
	"fmt"
	"math/rand/v2"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// States draws situations that a story hardly leads to: any statuses, any
// annotations, any conditions.
type States struct {
	*rand.Rand
	Now time.Time
}

// Pick is one of the values.
func (r States) Pick(values ...string) string { return values[r.IntN(len(values))] }

// Ago is an instant of the last 72 s, as the API has it.
func (r States) Ago() metav1.Time {
	return apiTime(r.Now.Add(-time.Duration(1500+r.IntN(70_000)) * time.Millisecond))
}

// apiTime is an instant as it comes back from the API server: whole seconds.
func apiTime(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

// ReplicaSets are up to four of d, of different templates but for accidents.
func (r States) ReplicaSets(d *apps.Deployment) []*apps.ReplicaSet {
	var list []*apps.ReplicaSet
	idle := r.IntN(5) == 0
	for i := range r.IntN(5) {
		template := *d.Spec.Template.DeepCopy()
		template.Spec.Containers[0].Image = r.Pick("v1", "v2", "v3", "v4")
		hash := controller.ComputeHash(&template, nil)
		if r.IntN(15) == 0 { // the name that the Deployment's template would get
			hash = controller.ComputeHash(&d.Spec.Template, d.Status.CollisionCount)
		}
		for _, rs := range list {
			if rs.Name == d.Name+"-"+hash {
				hash += fmt.Sprint(i)
			}
		}
		labels := map[string]string{"app": "web", apps.DefaultDeploymentUniqueLabelKey: hash}
		template.Labels = labels
		rs := &apps.ReplicaSet{
			ObjectMeta: metav1.ObjectMeta{
				Name: d.Name + "-" + hash, Namespace: d.Namespace, UID: types.UID(fmt.Sprint("rs", i)), Labels: labels,
				Generation:        r.Int64N(3),
				CreationTimestamp: r.Ago(), OwnerReferences: []metav1.OwnerReference{
					*metav1.NewControllerRef(d, apps.SchemeGroupVersion.WithKind("Deployment"))},
				Annotations: map[string]string{deploymentutil.RevisionAnnotation: r.Pick("1", "2", "3", "x")},
			},
			Spec: apps.ReplicaSetSpec{
				Replicas: ptr.To(r.Int32N(7)), MinReadySeconds: d.Spec.MinReadySeconds,
				Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template,
			},
		}
		if r.IntN(4) > 0 {
			rs.Annotations["note"] = "a"
		}
		if r.IntN(4) > 0 {
			desired := *d.Spec.Replicas - r.Int32N(4)/3
			deploymentutil.SetReplicasAnnotations(rs, desired, desired+deploymentutil.MaxSurge(*d))
		}
		r.status(rs, idle)
		list = append(list, rs)
	}
	return list
}

func (r States) status(rs *apps.ReplicaSet, idle bool) {
	if idle {
		return
	}
	n := *rs.Spec.Replicas
	rs.Status = apps.ReplicaSetStatus{ObservedGeneration: r.Int64N(3), Replicas: n, ReadyReplicas: r.Int32N(n + 1)}
	rs.Status.AvailableReplicas = r.Int32N(rs.Status.ReadyReplicas + 1)
	if r.IntN(6) == 0 { // from before the last scaling
		rs.Status.Replicas, rs.Status.ReadyReplicas, rs.Status.AvailableReplicas = r.Int32N(7), r.Int32N(7), r.Int32N(7)
	}
	if r.IntN(3) > 0 {
		rs.Status.TerminatingReplicas = ptr.To(r.Int32N(4))
	}
	if r.IntN(6) == 0 {
		rs.Status.Conditions = []apps.ReplicaSetCondition{{
			Type: apps.ReplicaSetReplicaFailure, Status: v1.ConditionTrue, LastTransitionTime: r.Ago(), Reason: "FailedCreate",
			Message: rs.Name,
		}}
	}
}

// Pods are up to nine of rs, some of them released.
func (r States) Pods(rs *apps.ReplicaSet) []*v1.Pod {
	var list []*v1.Pod
	for i := range r.IntN(2) * r.IntN(10) {
		var since time.Time
		if r.IntN(3) > 0 {
			since = r.Ago().Time
		}
		pod := Running(rs, fmt.Sprintf("%04x-%s-%d", r.IntN(1<<16), rs.UID, i), r.Pick("n1", "n2", "n3", ""), r.Ago().Time,
			since)
		pod.Status.Phase = v1.PodPhase(r.Pick("Running", "Running", "Running", "Pending", "Failed", "Succeeded", "Unknown"))
		pod.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", RestartCount: r.Int32N(2)}}
		if r.IntN(5) == 0 {
			pod.DeletionTimestamp = ptr.To(r.Ago())
		}
		if r.IntN(5) == 0 {
			pod.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": r.Pick("-3", "0", "7", "x")}
		}
		if r.IntN(9) == 0 {
			delete(pod.Labels, "app")
			pod.OwnerReferences = nil
		}
		list = append(list, pod)
	}
	return list
}

// Released is whether a pod has no owner any more.
func Released(pod *v1.Pod) bool { return len(pod.OwnerReferences) == 0 }

// Running is a pod on a node, ready since the given time unless that is zero.
func Running(rs *apps.ReplicaSet, uid, node string, created, ready time.Time) *v1.Pod {
	pod := replicaset.NewPod(rs, "pod-"+uid, types.UID(uid), created)
	pod.Spec.NodeName = node
	pod.Status.Phase = v1.PodRunning
	if !ready.IsZero() {
		pod.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodReady, Status: v1.ConditionTrue, LastTransitionTime: apiTime(ready)}}
	}
	return pod
}
