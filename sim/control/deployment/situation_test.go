package deployment

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/seeds"
)

// situation is a Deployment and its ReplicaSets at one sync. Its parts have
// fixed sizes, so that any bytes are one.
type situation struct {
	head
	sets []setRecord
}

type head struct {
	Replicas           int32
	Counted            int32 // status.replicas
	Surge, Unavailable bound
	Recreate, Paused   bool
	MinReady           uint8
	Deadline           uint16 // 0 is none
	History            uint8
	Sets               uint8
}

// bound is a number or a percentage.
type bound struct {
	Percent bool
	Value   uint16
}

// setRecord is a ReplicaSet. Its pods exist when its status counts them.
type setRecord struct {
	Version                  uint8 // 0 is the template of the Deployment
	Size                     int32
	Exist, Ready, Available  int32 // of the status
	Desired, Max             int32 // of the annotations; -1 is none
	Age                      uint16
	Revision, MinReady, Note uint8
}

func (s situation) bytes() []byte {
	s.head.Sets = uint8(len(s.sets))
	return seeds.Bytes(s.head, s.sets)
}

// situationOf reads what there is; what is missing is zero, and what validation
// would refuse is brought into its bounds.
func situationOf(data []byte) (s situation) {
	r := seeds.Read(data)
	r.Part(&s.head)
	s.sets = make([]setRecord, s.head.Sets%7)
	r.Part(s.sets)
	s.head.Sets = 0
	s.Replicas, s.Counted = max(0, s.Replicas), max(0, s.Counted)
	for i := range s.sets {
		set := &s.sets[i]
		set.Version %= 16
		set.Size, set.Exist, set.Ready, set.Available = max(0, set.Size), max(0, set.Exist), max(0, set.Ready),
			max(0, set.Available)
		set.Desired, set.Max = max(-1, set.Desired), max(-1, set.Max)
	}
	return s
}

func (b bound) api() intstr.IntOrString {
	if b.Percent {
		return intstr.FromString(fmt.Sprintf("%d%%", b.Value))
	}
	return intstr.FromInt32(int32(b.Value))
}

func (s situation) view(now time.Time) View {
	d := web(s.Replicas, s.Surge.api(), s.Unavailable.api())
	d.UID, d.Generation, d.Spec.Paused = "d", 1, s.Paused
	d.Spec.MinReadySeconds, d.Spec.RevisionHistoryLimit = int32(s.MinReady), ptr.To(int32(s.History))
	d.Spec.ProgressDeadlineSeconds = nil
	if s.Deadline > 0 {
		d.Spec.ProgressDeadlineSeconds = ptr.To(int32(s.Deadline))
	}
	d.Status.Replicas = s.Counted
	if s.Recreate {
		d.Spec.Strategy = apps.DeploymentStrategy{Type: apps.RecreateDeploymentStrategyType}
	}
	v := View{Deployment: d, Pods: map[types.UID][]*v1.Pod{}}
	seen := map[uint8]bool{}
	for i, r := range s.sets {
		if !seen[r.Version] { // of one template there is one
			v.ReplicaSets = append(v.ReplicaSets, r.api(d, i, now))
		}
		seen[r.Version] = true
	}
	return v
}

func (r setRecord) api(d *apps.Deployment, i int, now time.Time) *apps.ReplicaSet {
	hash := fmt.Sprintf("%x", r.Version)
	labels := map[string]string{"app": "web", apps.DefaultDeploymentUniqueLabelKey: hash}
	rs := &apps.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: d.Name + "-" + hash, Namespace: d.Namespace, UID: types.UID(fmt.Sprint("rs", i)), Generation: 1,
			Labels:            labels,
			CreationTimestamp: apiTime(now.Add(-time.Duration(r.Age) * time.Second)),
			OwnerReferences:   []metav1.OwnerReference{*metav1.NewControllerRef(d, kind)},
			Annotations:       map[string]string{deploymentutil.RevisionAnnotation: fmt.Sprint(r.Revision)},
		},
		Spec: apps.ReplicaSetSpec{
			Replicas: &r.Size, MinReadySeconds: int32(r.MinReady), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: *d.Spec.Template.DeepCopy(),
		},
		Status: apps.ReplicaSetStatus{ObservedGeneration: 1, Replicas: r.Exist, ReadyReplicas: r.Ready,
			AvailableReplicas: r.Available},
	}
	rs.Spec.Template.Labels = labels
	if r.Version > 0 {
		rs.Spec.Template.Spec.Containers[0].Image = fmt.Sprint("old", r.Version)
	}
	if r.Desired >= 0 {
		rs.Annotations[deploymentutil.DesiredReplicasAnnotation] = fmt.Sprint(r.Desired)
	}
	if r.Max >= 0 {
		rs.Annotations[deploymentutil.MaxReplicasAnnotation] = fmt.Sprint(r.Max)
	}
	if r.Note > 0 {
		rs.Annotations["note"] = fmt.Sprint(r.Note)
	}
	return rs
}

// play lets upstream and ours sync the Deployment. It returns what becomes of
// the sizes, such as "new 0->2, old1 10->8".
func (s situation) play(t *testing.T, decide func(View, time.Time) ([]Action, error)) (sizes string, theirs,
	ours []string) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		v := s.view(time.Now())
		actions, err := decide(v, time.Now())
		require.NoError(t, err)
		theirs, ours = u.logs(v, actions)
		var list []string
		note := func(rs *apps.ReplicaSet, from, to int32) {
			name := rs.Spec.Template.Spec.Containers[0].Image
			if name == "v1" {
				name = "new"
			}
			if from != to {
				list = append(list, fmt.Sprintf("%s %d->%d", name, from, to))
			}
		}
		for _, a := range actions {
			switch a := a.(type) {
			case CreateReplicaSet:
				note(a.ReplicaSet, 0, *a.ReplicaSet.Spec.Replicas)
			case UpdateReplicaSet:
				note(a.ReplicaSet, a.From, a.To)
			case DeleteReplicaSet:
				list = append(list, a.ReplicaSet.Spec.Template.Spec.Containers[0].Image+" gone")
			}
		}
		sizes = strings.Join(list, ", ")
	})
	return sizes, theirs, ours
}

// TestAnyBytesAreASituation holds that seeds are played as they are written.
func TestAnyBytesAreASituation(t *testing.T) {
	for _, c := range known {
		require.Equal(t, c.bytes(), situationOf(c.bytes()).bytes(), c.name)
	}
	require.NotPanics(t, func() { situationOf(nil).bytes() })
}
