package disruption

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// scene is a budget and what it covers.
type scene struct {
	pdb         *policyv1.PodDisruptionBudget
	pods        []*v1.Pod
	sets        []*appsv1.ReplicaSet
	deployments []*appsv1.Deployment
	stateful    []*appsv1.StatefulSet
}

var labelled = map[string]string{"app": "web"}

func newScene(seed uint64, now time.Time) *scene {
	r := rand.New(rand.NewPCG(seed, 3))
	s := &scene{pdb: &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web",
		Generation: 1 + r.Int64N(2)}}}
	limit := []intstr.IntOrString{intstr.FromInt32(r.Int32N(8)),
		intstr.FromString(fmt.Sprintf("%d%%", r.IntN(101)))}[r.IntN(2)]
	s.pdb.Spec.Selector = &metav1.LabelSelector{MatchLabels: labelled}
	if r.IntN(2) == 0 {
		s.pdb.Spec.MinAvailable = &limit
	} else {
		s.pdb.Spec.MaxUnavailable = &limit
	}
	for i := range r.IntN(4) {
		s.addWorkload(r, i, now)
	}
	if fate := r.IntN(8); fate < 2 && len(s.pods) > 0 { // one whose ReplicaSet is gone, or that has no size to count by
		s.pods[r.IntN(len(s.pods))].OwnerReferences = []metav1.OwnerReference{{
			APIVersion: "apps/v1", Kind: []string{"ReplicaSet", "DaemonSet"}[fate], Name: "gone", UID: "gone",
			Controller: ptr.To(true)}}
	}
	s.pdb.Status.DisruptedPods = map[string]metav1.Time{}
	for _, p := range s.pods {
		if r.IntN(6) == 0 {
			s.pdb.Status.DisruptedPods[p.Name] = metav1.NewTime(now.Add(-time.Duration(r.IntN(240)) * time.Second))
		}
	}
	return s
}

func (s *scene) addWorkload(r *rand.Rand, i int, now time.Time) {
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d", i),
		UID: types.UID(fmt.Sprintf("rs-%d", i))},
		Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To(r.Int32N(6))}}
	if r.IntN(2) == 0 {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("d-%d", i),
			UID: types.UID(fmt.Sprintf("d-%d", i))},
			Spec: appsv1.DeploymentSpec{Replicas: ptr.To(r.Int32N(9))}}
		s.deployments = append(s.deployments, d)
		rs.OwnerReferences = []metav1.OwnerReference{
			*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
	}
	owner := *metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
	if r.IntN(4) == 0 {
		ss := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("s-%d", i),
			UID: types.UID(fmt.Sprintf("s-%d", i))},
			Spec: appsv1.StatefulSetSpec{Replicas: ptr.To(r.Int32N(9))}}
		s.stateful = append(s.stateful, ss)
		owner = *metav1.NewControllerRef(ss, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))
	}
	s.sets = append(s.sets, rs)
	for j := range r.IntN(6) {
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d-%d", i, j),
			Labels: labelled}, Status: v1.PodStatus{Phase: v1.PodRunning}}
		if r.IntN(10) > 0 {
			p.OwnerReferences = []metav1.OwnerReference{owner}
		}
		if r.IntN(6) == 0 {
			p.DeletionTimestamp = &metav1.Time{Time: now}
		}
		p.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodReady, Status: []v1.ConditionStatus{v1.ConditionTrue, v1.ConditionTrue, v1.ConditionFalse}[r.IntN(3)]}}
		s.pods = append(s.pods, p)
	}
}

func (s *scene) view() View {
	return View{PDB: s.pdb, Pods: s.pods, Scale: func(p *v1.Pod) (*Scale, error) {
		if metav1.GetControllerOf(p).Kind == "DaemonSet" {
			return nil, NoScale("daemonsets.apps")
		}
		for _, ss := range s.stateful {
			if ss.UID == metav1.GetControllerOf(p).UID {
				return &Scale{ss.UID, *ss.Spec.Replicas}, nil
			}
		}
		for _, rs := range s.sets {
			if rs.UID != metav1.GetControllerOf(p).UID {
				continue
			}
			if ref := metav1.GetControllerOf(rs); ref != nil {
				for _, d := range s.deployments {
					if d.UID == ref.UID {
						return &Scale{d.UID, *d.Spec.Replicas}, nil
					}
				}
			}
			return &Scale{rs.UID, *rs.Spec.Replicas}, nil
		}
		return nil, nil
	}}
}

type decider func(View, time.Time) (Decision, error)

// difference plays a scene with upstream and a decider, twice, so that the
// second sync meets the first one's status.
func difference(t *testing.T, seed uint64, decide decider) (found string) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(seed, time.Now())
		for range 2 {
			before := s.pdb.DeepCopy()
			d, err := decide(s.view(), time.Now())
			require.NoError(t, err)
			require.Equal(t, before, s.pdb, "the view is read-only")
			got, want := ours(d, time.Now()), upstreamSync(t, s)
			if got != want {
				found = fmt.Sprintf("seed %d: upstream\n%s\ngot\n%s", seed, want, got)
				return
			}
			s.pdb = s.pdb.DeepCopy()
			s.pdb.Status = d.Status
		}
	})
	return found
}

func TestEqualToUpstream(t *testing.T) {
	for seed := range uint64(1000) {
		require.Empty(t, difference(t, seed, Sync))
	}
}

// TestBrokenDecidersAreCaught shows that the comparison can fail.
func TestBrokenDecidersAreCaught(t *testing.T) {
	for name, decide := range map[string]decider{
		"forgets evictions": func(v View, now time.Time) (Decision, error) {
			v.PDB = v.PDB.DeepCopy()
			v.PDB.Status.DisruptedPods = nil
			return Sync(v, now)
		},
		"late": func(v View, now time.Time) (Decision, error) { return Sync(v, now.Add(time.Minute)) },
		"counts pods for scale": func(v View, now time.Time) (Decision, error) {
			v.Scale = func(p *v1.Pod) (*Scale, error) { return &Scale{types.UID(p.Name), 1}, nil }
			return Sync(v, now)
		},
		"tells nobody": func(v View, now time.Time) (Decision, error) {
			d, err := Sync(v, now)
			d.Events = nil
			return d, err
		},
		"counts DaemonSets": func(v View, now time.Time) (Decision, error) {
			scale := v.Scale
			v.Scale = func(p *v1.Pod) (*Scale, error) {
				if metav1.GetControllerOf(p).Kind == "DaemonSet" {
					return &Scale{"agent", 1}, nil
				}
				return scale(p)
			}
			return Sync(v, now)
		},
		"never looks again": func(v View, now time.Time) (Decision, error) {
			d, err := Sync(v, now)
			d.Recheck = time.Time{}
			return d, err
		},
		"counts the dying": func(v View, now time.Time) (Decision, error) {
			pods := v.Pods
			v.Pods = nil
			for _, p := range pods {
				p = p.DeepCopy()
				p.DeletionTimestamp = nil
				v.Pods = append(v.Pods, p)
			}
			return Sync(v, now)
		},
	} {
		caught := false
		for seed := uint64(0); seed < 60 && !caught; seed++ {
			caught = difference(t, seed, decide) != ""
		}
		require.True(t, caught, name)
	}
}

func TestAPodWithoutAKnownControllerAllowsNothing(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	s := newScene(5, now)
	s.pdb.Spec.MinAvailable, s.pdb.Spec.MaxUnavailable = nil, ptr.To(intstr.FromInt32(1))
	s.pdb.Status.DisruptionsAllowed = 3
	s.addWorkload(rand.New(rand.NewPCG(1, 1)), 9, now)
	require.NotEmpty(t, s.pods)
	v := s.view()
	v.Scale = func(*v1.Pod) (*Scale, error) { return nil, nil }
	d, err := Sync(v, now)
	require.NoError(t, err)
	require.ErrorContains(t, d.Err, "found no controllers for pod")
	require.Zero(t, d.Status.DisruptionsAllowed)
	require.Equal(t, policyv1.SyncFailedReason, d.Status.Conditions[0].Reason)
}
