package replicaset_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/seeds"
	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// scene is a ReplicaSet that has more or fewer pods than wanted. Its parts have
// fixed sizes, so that any bytes are one.
type scene struct {
	head
	pods []podRecord
}

type head struct {
	Size     int32
	MinReady uint8
	Bare     bool // without an owner
	Pods     uint8
}

// podRecord is one pod. Times are seconds ago.
type podRecord struct {
	Phase          uint8 // 0 Running, 1 Pending, 2 Unknown, 3 Failed, 4 Succeeded
	Ready          bool
	Node           uint8  // 0 is none
	Since, Created uint32 // Since 0 is without a time
	Cost           int32  // 0 is none
	Restarts, Side uint16 // of its container and its sidecar
	Leaving        bool   // deleted, but still there
	Sibling        bool   // of another ReplicaSet of the same owner
}

func (s scene) bytes() []byte {
	s.head.Pods = uint8(len(s.pods))
	return seeds.Bytes(s.head, s.pods)
}

// sceneOf reads what there is; what is missing is zero, and what validation
// would refuse is brought into its bounds.
func sceneOf(data []byte) (s scene) {
	r := seeds.Read(data)
	r.Part(&s.head)
	s.pods = make([]podRecord, s.head.Pods%25)
	r.Part(s.pods)
	s.head.Pods = 0
	s.Size = max(0, s.Size)
	for i := range s.pods {
		s.pods[i].Phase %= 5
	}
	return s
}

func (s scene) view(now time.Time) (v replicaset.View, siblings []*apps.ReplicaSet, all []*v1.Pod) {
	rs, sibling := replicas(s.Size), replicas(0)
	sibling.Name, sibling.UID = "web-y", "sibling"
	sibling.Spec.Selector = &metav1.LabelSelector{
		MatchLabels: map[string]string{"app": "web", apps.DefaultDeploymentUniqueLabelKey: "y"}}
	sibling.Spec.Template.Labels = sibling.Spec.Selector.MatchLabels
	rs.Spec.MinReadySeconds = int32(s.MinReady)
	if s.Bare {
		rs.OwnerReferences, sibling.OwnerReferences = nil, nil
	}
	v.ReplicaSet = rs
	for i, r := range s.pods {
		owner := rs
		if r.Sibling {
			owner = sibling
		}
		pod := r.api(owner, i, now)
		all = append(all, pod)
		if !r.Sibling {
			v.Pods = append(v.Pods, pod)
		}
	}
	v.Related = all
	if s.Bare {
		v.Related = v.Pods
	}
	return v, []*apps.ReplicaSet{rs, sibling}, all
}

func (r podRecord) api(rs *apps.ReplicaSet, i int, now time.Time) *v1.Pod {
	ago := func(seconds uint32) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	node := ""
	if r.Node > 0 {
		node = fmt.Sprint("n", r.Node)
	}
	var since time.Time
	if r.Ready {
		since = ago(r.Since)
	}
	pod := twin.Running(rs, fmt.Sprintf("%02d", i), node, ago(r.Created), since)
	if r.Ready && r.Since == 0 {
		pod.Status.Conditions[0].LastTransitionTime = metav1.Time{}
	}
	pod.Status.Phase = []v1.PodPhase{v1.PodRunning, v1.PodPending, v1.PodUnknown, v1.PodFailed, v1.PodSucceeded}[r.Phase]
	pod.Spec.InitContainers = []v1.Container{{Name: "side", RestartPolicy: ptr.To(v1.ContainerRestartPolicyAlways)}}
	pod.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", RestartCount: int32(r.Restarts)}}
	pod.Status.InitContainerStatuses = []v1.ContainerStatus{{Name: "side", RestartCount: int32(r.Side)}}
	if r.Cost != 0 {
		pod.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": strconv.Itoa(int(r.Cost))}
	}
	if r.Leaving {
		pod.DeletionTimestamp = ptr.To(apiTime(now))
	}
	return pod
}

// play lets upstream and ours sync the ReplicaSet. It returns the places of the
// pods that are deleted, the least wanted first.
func (s scene) play(t *testing.T) (deleted []int, theirs, ours []string) {
	synctest.Test(t, func(t *testing.T) {
		real := twin.NewReplicaSets(twin.NewAPI(t))
		time.Sleep(24*time.Hour + 123456789)
		v, siblings, all := s.view(time.Now())
		actions, err := replicaset.Sync(v, time.Now())
		require.NoError(t, err)
		theirs, ours = real.Logs(v, siblings, all, actions)
		for _, a := range actions {
			if d, is := a.(replicaset.DeletePods); is {
				for _, pod := range d.Pods {
					i, err := strconv.Atoi(string(pod.UID))
					require.NoError(t, err)
					deleted = append(deleted, i)
				}
			}
		}
	})
	return deleted, theirs, ours
}

// TestKnownScenes plays each with the real controller, which has to agree, and
// comes to the pods that are known.
func TestKnownScenes(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			deleted, theirs, ours := c.play(t)
			require.Equal(t, theirs, ours)
			require.Equal(t, c.want, deleted)
			require.Equal(t, c.bytes(), sceneOf(c.bytes()).bytes())
		})
	}
	require.NotPanics(t, func() { sceneOf(nil).bytes() })
}

// TestNearlyKnownScenes plays what is one step away from them.
func TestNearlyKnownScenes(t *testing.T) {
	for n := range uint64(1000) {
		r := rand.New(rand.NewPCG(n, 13))
		data := known[r.IntN(len(known))].bytes()
		for range 1 + r.IntN(4) {
			data[r.IntN(len(data))] = byte(r.IntN(256))
		}
		_, theirs, ours := sceneOf(data).play(t)
		require.Equal(t, theirs, ours, "%d: %+v", n, sceneOf(data))
	}
}

// FuzzEqualToUpstream looks for scenes that the real controller handles
// differently, beginning with the known ones.
func FuzzEqualToUpstream(f *testing.F) {
	for _, c := range known {
		f.Add(c.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, theirs, ours := sceneOf(data).play(t)
		require.Equal(t, theirs, ours)
	})
}
