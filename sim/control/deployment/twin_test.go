package deployment

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// story is a random life of a Deployment: its settings, what its user does and
// what its pods do.
type story struct {
	*world
	random *rand.Rand
	rest   bool // its user and its pods have come to rest
}

func newStory(t *testing.T, seed uint64) *story {
	r := rand.New(rand.NewPCG(seed, 0))
	d := web(r.Int32N(13), fenceposts(r), fenceposts(r))
	if r.IntN(5) == 0 {
		d.Spec.Strategy = apps.DeploymentStrategy{Type: apps.RecreateDeploymentStrategyType}
	}
	d.Spec.MinReadySeconds = []int32{0, 0, 1, 7}[r.IntN(4)]
	d.Spec.ProgressDeadlineSeconds = []*int32{nil, ptr.To[int32](8), ptr.To[int32](30), ptr.To[int32](600)}[r.IntN(4)]
	d.Spec.RevisionHistoryLimit = []*int32{nil, ptr.To[int32](0), ptr.To[int32](1), ptr.To[int32](10)}[r.IntN(4)]
	s := &story{world: newWorld(t, d), random: r}
	s.stopAfter = s.milliseconds(5000)
	s.readyAfter = func(int) time.Duration {
		if !s.rest && r.IntN(10) == 0 {
			return -1
		}
		return s.milliseconds(9000)
	}
	return s
}

func fenceposts(r *rand.Rand) intstr.IntOrString {
	return []intstr.IntOrString{none, one, intstr.FromInt32(3), quarter, intstr.FromString("50%"), intstr.FromString("1%"),
		intstr.FromString("100%")}[r.IntN(7)]
}

func (s *story) milliseconds(n int) time.Duration {
	return time.Duration(1+s.random.IntN(n)) * time.Millisecond
}

// step is one thing that somebody does.
func (s *story) step() {
	switch s.random.IntN(12) {
	case 0, 1, 2:
		if !s.d.Spec.Paused || s.random.IntN(2) == 0 {
			s.write(SetImage(s.d, "c", []string{"v1", "v2", "v3", "v4"}[s.random.IntN(4)]))
		}
	case 3, 4:
		s.write(Scale(s.d, s.random.Int32N(16)), nil)
	case 5:
		if d, err := RolloutUndo(s.d, s.sets, 0); err == nil {
			s.write(d, nil)
		}
	case 6:
		if d, err := RolloutRestart(s.d, s.now); err == nil {
			s.write(d, nil)
		}
	case 7, 8:
		if s.d.Spec.Paused {
			s.write(Resume(s.d))
		} else {
			s.write(Pause(s.d))
		}
	case 9:
		d := s.d.DeepCopy()
		d.Annotations["note"] = []string{"a", "b"}[s.random.IntN(2)]
		d.Spec.MinReadySeconds = s.random.Int32N(3)
		s.write(d, nil)
	case 10:
		d := s.d.DeepCopy()
		d.Annotations[apps.DeprecatedRollbackTo] = []string{"0", "1", "2", "99"}[s.random.IntN(4)]
		s.write(d, nil)
	case 11:
		s.misfortune()
	}
}

// misfortune befalls some pod: it gets unready, fails or is deleted.
func (s *story) misfortune() {
	pods := s.active()
	if len(pods) == 0 {
		return
	}
	pod := pods[s.random.IntN(len(pods))]
	owner := pod.OwnerReferences[0].UID
	switch s.random.IntN(3) {
	case 0:
		s.setReady(owner, pod.UID, v1.ConditionFalse)
	case 1:
		s.change(owner, pod.UID, func(pod *v1.Pod) { pod.Status.Phase = v1.PodFailed })
	case 2:
		for _, rs := range s.sets {
			if rs.UID == owner {
				s.deletePod(rs, pod)
			}
		}
	}
}

// play lets the story unfold and come to rest. Times have milliseconds, so that
// pods rarely share the second that they got ready in.
func (s *story) play() {
	at := time.Duration(0)
	for range 12 {
		at += s.milliseconds(20_000)
		s.run(at)
		s.step()
	}
	s.rest = true
	if s.d.Spec.Paused {
		s.write(Resume(s.d))
	}
	// Pods that will never be ready are replaced by ones that will.
	for range 3 {
		s.run(at + time.Minute)
		for _, rs := range s.sets {
			for _, pod := range s.pods[rs.UID] {
				if pod.DeletionTimestamp == nil && !ready(pod) {
					s.deletePod(rs, pod)
				}
			}
		}
		at += time.Hour
		s.run(at)
	}
}

func ready(pod *v1.Pod) bool {
	c := pod.Status.Conditions
	return len(c) > 0 && c[0].Status == v1.ConditionTrue
}

// TestEqualToUpstream lets the real controllers judge every situation of many
// stories: the same writes with the same content, events and requeues, in the
// same order.
func TestEqualToUpstream(t *testing.T) {
	decisions, refusals := 0, 0
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream(t)
			sets := twin.NewReplicaSets(u.API)
			s := newStory(t, seed)
			inBubble := func() {
				if d := time.Until(s.now); d > 0 {
					time.Sleep(d)
				}
				require.True(t, s.now.Equal(time.Now()))
			}
			s.onDeployment = func(v View, actions []Action) {
				inBubble()
				u.check(v, actions)
				decisions++
				refusals += u.checkRefusals(v, actions, s.now)
			}
			s.onReplicaSet = func(v replicaset.View, actions []replicaset.Action) {
				inBubble()
				var pods []*v1.Pod
				for _, rs := range s.sets {
					pods = append(pods, s.pods[rs.UID]...)
				}
				sets.Check(t, v, s.sets, pods, actions)
				decisions++
			}
			s.play()
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	require.Greater(t, decisions, 3000)
	require.Greater(t, refusals, 1000)
}

// TestStoriesEndWell: whatever happened, once all is quiet the only active
// ReplicaSet is that of the current template, at full size and available, and
// no sync writes any more.
func TestStoriesEndWell(t *testing.T) {
	for seed := range uint64(60) {
		s := newStory(t, 1000+seed)
		s.play()
		want := *s.d.Spec.Replicas
		newRS := deploymentutil.FindNewReplicaSet(s.d, s.sets)
		require.NotNil(t, newRS, seed)
		for _, rs := range s.sets {
			size := int32(0)
			if rs.UID == newRS.UID {
				size = want
			}
			require.Equal(t, size, *rs.Spec.Replicas, seed)
			require.Len(t, s.pods[rs.UID], int(size)+failed(s.pods[rs.UID]), seed)
		}
		require.True(t, deploymentutil.DeploymentComplete(s.d, &s.d.Status), seed)
		if limit := s.d.Spec.RevisionHistoryLimit; limit != nil {
			require.LessOrEqual(t, len(s.sets), int(*limit)+1, seed)
		}
		actions, err := Sync(View{Deployment: s.d, ReplicaSets: s.sets, Pods: s.pods}, s.now)
		require.NoError(t, err)
		require.Empty(t, actions, seed)
	}
}

func failed(pods []*v1.Pod) (n int) {
	for _, pod := range pods {
		if pod.Status.Phase == v1.PodFailed {
			n++
		}
	}
	return n
}

// TestBoundsOfARollout: while only images change, never more than replicas +
// maxSurge pods are asked for or, once the ReplicaSets have followed, exist
// without terminating; and never fewer than replicas - maxUnavailable are
// available.
func TestBoundsOfARollout(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := web(1+r.Int32N(20), fenceposts(r), fenceposts(r))
		d.Spec.MinReadySeconds = r.Int32N(3)
		w := deployed(t, d)
		w.readyAfter = func(int) time.Duration { return time.Duration(r.IntN(20_000)) * time.Millisecond }
		least := int(*d.Spec.Replicas - deploymentutil.MaxUnavailable(*d))
		most := int(*d.Spec.Replicas + deploymentutil.MaxSurge(*d))
		lowest, highest := most, 0
		w.onDeployment = func(View, []Action) {
			lowest = min(lowest, w.available())
			highest = max(highest, int(deploymentutil.GetReplicaCountForReplicaSets(w.sets)))
			if len(w.dirty) == 0 {
				highest = max(highest, len(w.active()))
			}
		}
		at := 100 * time.Second
		for i := range 4 {
			w.write(SetImage(w.d, "c", []string{"v2", "v3", "v1", "v4"}[i]))
			at += time.Duration(r.IntN(60_000)) * time.Millisecond
			w.run(at)
		}
		w.run(at + time.Hour)
		require.True(t, deploymentutil.DeploymentComplete(w.d, &w.d.Status), seed)
		// A ReplicaSet knows readiness, not availability: with minReadySeconds it
		// may delete an available pod and keep one that isn't yet.
		if d.Spec.MinReadySeconds == 0 {
			require.GreaterOrEqual(t, lowest, least, seed)
		}
		require.LessOrEqual(t, highest, most, seed)
	}
}

// available counts by the pods, not by the statuses.
func (w *world) available() int {
	n := 0
	for _, pod := range w.active() {
		if !ready(pod) {
			continue
		}
		since := pod.Status.Conditions[0].LastTransitionTime
		if !w.now.Before(since.Add(time.Duration(w.d.Spec.MinReadySeconds) * time.Second)) {
			n++
		}
	}
	return n
}
