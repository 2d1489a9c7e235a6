package control

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/controller"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"
)

// states draws situations that a story hardly leads to: any statuses, any
// annotations, any conditions.
type states struct {
	*rand.Rand
	now time.Time
}

func (r states) pick(values ...string) string { return values[r.IntN(len(values))] }

func (r states) ago() metav1.Time {
	return apiTime(r.now.Add(-time.Duration(1500+r.IntN(70_000)) * time.Millisecond))
}

func (r states) deployment() *apps.Deployment {
	d := newStory(nil, r.Uint64()).d
	d.Generation = 1 + r.Int64N(3)
	d.Spec.Paused = r.IntN(6) == 0
	d.Spec.Template.Spec.Containers[0].Image = r.pick("v1", "v2", "v3")
	d.Annotations = map[string]string{"note": "a", deploymentutil.RevisionAnnotation: r.pick("1", "2", "x")}
	switch r.IntN(20) {
	case 0:
		d.Annotations[apps.DeprecatedRollbackTo] = r.pick("0", "1", "2", "x")
	case 1:
		d.DeletionTimestamp = ptr.To(r.ago())
	case 2:
		d.Spec.Selector = &metav1.LabelSelector{}
	}
	d.Status = apps.DeploymentStatus{
		ObservedGeneration: r.Int64N(3), Replicas: r.Int32N(9), UpdatedReplicas: r.Int32N(9), ReadyReplicas: r.Int32N(9), AvailableReplicas: r.Int32N(9),
	}
	if r.IntN(3) == 0 {
		d.Status.CollisionCount = ptr.To(r.Int32N(2))
	}
	if r.IntN(4) > 0 {
		d.Status.Conditions = append(d.Status.Conditions, apps.DeploymentCondition{
			Type: apps.DeploymentProgressing, Status: v1.ConditionStatus(r.pick("True", "False", "Unknown")),
			LastUpdateTime: r.ago(), LastTransitionTime: r.ago(),
			Reason: r.pick("NewReplicaSetCreated", "ReplicaSetUpdated", "NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused", "FoundNewReplicaSet"),
		})
	}
	if r.IntN(4) == 0 {
		d.Status.Conditions = append(d.Status.Conditions, apps.DeploymentCondition{Type: apps.DeploymentReplicaFailure, Status: v1.ConditionTrue})
	}
	return d
}

// replicaSets are up to four of d, of different templates but for accidents.
func (r states) replicaSets(d *apps.Deployment) []*apps.ReplicaSet {
	var list []*apps.ReplicaSet
	idle := r.IntN(5) == 0
	for i := range r.IntN(5) {
		template := *d.Spec.Template.DeepCopy()
		template.Spec.Containers[0].Image = r.pick("v1", "v2", "v3", "v4")
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
				Name: d.Name + "-" + hash, Namespace: d.Namespace, UID: types.UID(fmt.Sprint("rs", i)), Labels: labels, Generation: r.Int64N(3),
				CreationTimestamp: r.ago(), OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(d, deploymentKind)},
				Annotations: map[string]string{deploymentutil.RevisionAnnotation: r.pick("1", "2", "3", "x")},
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

func (r states) status(rs *apps.ReplicaSet, idle bool) {
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
			Type: apps.ReplicaSetReplicaFailure, Status: v1.ConditionTrue, LastTransitionTime: r.ago(), Reason: "FailedCreate", Message: rs.Name,
		}}
	}
}

func (r states) pods(rs *apps.ReplicaSet) []*v1.Pod {
	var list []*v1.Pod
	for i := range r.IntN(2) * r.IntN(10) {
		var since time.Time
		if r.IntN(3) > 0 {
			since = r.ago().Time
		}
		pod := running(rs, fmt.Sprintf("%04x-%s-%d", r.IntN(1<<16), rs.UID, i), r.pick("n1", "n2", "n3", ""), r.ago().Time, since)
		pod.Status.Phase = v1.PodPhase(r.pick("Running", "Running", "Running", "Pending", "Failed", "Succeeded", "Unknown"))
		pod.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", RestartCount: r.Int32N(2)}}
		if r.IntN(5) == 0 {
			pod.DeletionTimestamp = ptr.To(r.ago())
		}
		if r.IntN(5) == 0 {
			pod.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": r.pick("-3", "0", "7", "x")}
		}
		if r.IntN(9) == 0 {
			delete(pod.Labels, "app")
			pod.OwnerReferences = nil // released
		}
		list = append(list, pod)
	}
	return list
}

func released(pod *v1.Pod) bool { return len(pod.OwnerReferences) == 0 }

// TestEqualToUpstreamInAnyState compares single decisions with those of the
// real controllers.
func TestEqualToUpstreamInAnyState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		time.Sleep(24*time.Hour + 123456789)
		for seed := range uint64(3000) {
			time.Sleep(time.Duration(seed) * 37 * time.Millisecond)
			r := states{rand.New(rand.NewPCG(seed, 2)), time.Now()}
			d := r.deployment()
			v := DeploymentView{Deployment: d, ReplicaSets: r.replicaSets(d), Pods: map[types.UID][]*v1.Pod{}}
			pods := map[types.UID][]*v1.Pod{} // released ones among them
			var all, owned []*v1.Pod
			for _, rs := range v.ReplicaSets {
				pods[rs.UID] = r.pods(rs)
				all = append(all, pods[rs.UID]...)
				v.Pods[rs.UID] = slices.DeleteFunc(slices.Clone(pods[rs.UID]), released)
				owned = append(owned, v.Pods[rs.UID]...)
			}
			actions, err := SyncDeployment(v, r.now)
			require.NoError(t, err)
			u.checkDeployment(v, actions)
			for _, rs := range v.ReplicaSets {
				view := ReplicaSetView{ReplicaSet: rs, Pods: pods[rs.UID], Related: owned}
				if r.IntN(5) == 0 {
					view.Failure = errors.New("exceeded quota")
				}
				actions, err := SyncReplicaSet(view, r.now)
				require.NoError(t, err)
				u.checkReplicaSet(view, v.ReplicaSets, all, actions)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}
