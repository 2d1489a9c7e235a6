package replicaset

import (
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// NewPod is a pod of the ReplicaSet as it is in the API after its creation:
// controller.GetPodFromTemplate and control.AdmitPod.
func NewPod(rs *apps.ReplicaSet, name string, uid types.UID, created time.Time) *v1.Pod {
	pod, err := controller.GetPodFromTemplate(&rs.Spec.Template, rs, metav1.NewControllerRef(rs, kind))
	if err != nil {
		panic(fmt.Sprintf("a ReplicaSet without metadata: %v", err))
	}
	pod.Name, pod.Namespace = name, rs.Namespace
	control.AdmitPod(pod, uid, created)
	return pod
}
