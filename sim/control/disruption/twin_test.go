package disruption

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
)

func TestMain(m *testing.M) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil // one of them compares a bubble's clock with the real one
	os.Exit(m.Run())
}

// scene is a budget and what it covers.
type scene struct {
	pdb         *policyv1.PodDisruptionBudget
	pods        []*v1.Pod
	sets        []*appsv1.ReplicaSet
	deployments []*appsv1.Deployment
}

var labelled = map[string]string{"app": "web"}

func newScene(seed uint64, now time.Time) *scene {
	r := rand.New(rand.NewPCG(seed, 3))
	s := &scene{pdb: &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", Generation: 1 + r.Int64N(2)}}}
	limit := []intstr.IntOrString{intstr.FromInt32(r.Int32N(8)), intstr.FromString(fmt.Sprintf("%d%%", r.IntN(101)))}[r.IntN(2)]
	s.pdb.Spec.Selector = &metav1.LabelSelector{MatchLabels: labelled}
	if r.IntN(2) == 0 {
		s.pdb.Spec.MinAvailable = &limit
	} else {
		s.pdb.Spec.MaxUnavailable = &limit
	}
	for i := range r.IntN(4) {
		s.addWorkload(r, i, now)
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
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d", i), UID: types.UID(fmt.Sprintf("rs-%d", i))},
		Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To(r.Int32N(6))}}
	if r.IntN(2) == 0 {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("d-%d", i), UID: types.UID(fmt.Sprintf("d-%d", i))},
			Spec: appsv1.DeploymentSpec{Replicas: ptr.To(r.Int32N(9))}}
		s.deployments = append(s.deployments, d)
		rs.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
	}
	s.sets = append(s.sets, rs)
	for j := range r.IntN(6) {
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d-%d", i, j), Labels: labelled}, Status: v1.PodStatus{Phase: v1.PodRunning}}
		if r.IntN(10) > 0 {
			p.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}
		}
		if r.IntN(6) == 0 {
			p.DeletionTimestamp = &metav1.Time{Time: now}
		}
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: []v1.ConditionStatus{v1.ConditionTrue, v1.ConditionTrue, v1.ConditionFalse}[r.IntN(3)]}}
		s.pods = append(s.pods, p)
	}
}

func (s *scene) view() View {
	return View{PDB: s.pdb, Pods: s.pods, Scale: func(p *v1.Pod) (types.UID, int32, bool) {
		for _, rs := range s.sets {
			if rs.UID != metav1.GetControllerOf(p).UID {
				continue
			}
			if ref := metav1.GetControllerOf(rs); ref != nil {
				for _, d := range s.deployments {
					if d.UID == ref.UID {
						return d.UID, *d.Spec.Replicas, true
					}
				}
			}
			return rs.UID, *rs.Spec.Replicas, true
		}
		return "", 0, false
	}}
}

// upstreamStatus is what the real controller writes in one sync, nil when it
// writes nothing.
func upstreamStatus(t *testing.T, s *scene) (status *policyv1.PodDisruptionBudgetStatus) {
	client := &fake.Clientset{}
	client.AddReactor("update", "poddisruptionbudgets", func(a clienttesting.Action) (bool, runtime.Object, error) {
		o := a.(clienttesting.UpdateAction).GetObject().(*policyv1.PodDisruptionBudget)
		status = o.Status.DeepCopy()
		return true, o, nil
	})
	f := informers.NewSharedInformerFactory(client, 0)
	core, apps, policy := f.Core().V1(), f.Apps().V1(), f.Policy().V1()
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	dc := upstream.NewDisruptionControllerInternal(ctx, core.Pods(), policy.PodDisruptionBudgets(), core.ReplicationControllers(), apps.ReplicaSets(),
		apps.Deployments(), apps.StatefulSets(), client, nil, nil, client.Discovery(), clock.RealClock{}, upstream.DeletionTimeout)
	for _, p := range s.pods {
		require.NoError(t, core.Pods().Informer().GetIndexer().Add(p))
	}
	for _, rs := range s.sets {
		require.NoError(t, apps.ReplicaSets().Informer().GetIndexer().Add(rs))
	}
	for _, d := range s.deployments {
		require.NoError(t, apps.Deployments().Informer().GetIndexer().Add(d))
	}
	require.NoError(t, policy.PodDisruptionBudgets().Informer().GetIndexer().Add(s.pdb))
	field := func(name string) reflect.Value {
		v := reflect.ValueOf(dc).Elem().FieldByName(name)
		return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	for _, kind := range []string{"pdb", "pod", "rc", "rs", "d", "ss"} {
		field(kind + "ListerSynced").Set(reflect.ValueOf(cache.InformerSynced(func() bool { return true })))
	}
	field("queue").Interface().(workqueue.TypedRateLimitingInterface[string]).Add("default/web")
	done := make(chan struct{})
	go func() {
		dc.Run(ctx, 1)
		close(done)
	}()
	synctest.Wait()
	cancel()
	<-done
	time.Sleep(time.Minute) // what its queues and events still have under way
	return status
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
			want := upstreamStatus(t, s)
			var got *policyv1.PodDisruptionBudgetStatus
			if d.Changed {
				got = &d.Status
			}
			if show(want) != show(got) {
				found = fmt.Sprintf("seed %d: upstream %s, got %s", seed, show(want), show(got))
				return
			}
			s.pdb = s.pdb.DeepCopy()
			s.pdb.Status = d.Status
		}
	})
	return found
}

func show(status *policyv1.PodDisruptionBudgetStatus) string {
	text, err := json.Marshal(status)
	if err != nil {
		return err.Error()
	}
	return string(text)
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
			v.Scale = func(p *v1.Pod) (types.UID, int32, bool) { return types.UID(p.Name), 1, true }
			return Sync(v, now)
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
	v.Scale = func(*v1.Pod) (types.UID, int32, bool) { return "", 0, false }
	d, err := Sync(v, now)
	require.NoError(t, err)
	require.ErrorContains(t, d.Err, "found no controllers for pod")
	require.Zero(t, d.Status.DisruptionsAllowed)
	require.Equal(t, policyv1.SyncFailedReason, d.Status.Conditions[0].Reason)
}

func TestEvictions(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	pod := func(phase v1.PodPhase, ready v1.ConditionStatus) *v1.Pod {
		return &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Status: v1.PodStatus{Phase: phase, Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: ready}}}}
	}
	pdb := func(healthy, desired, allowed int32) *policyv1.PodDisruptionBudget {
		return &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "b"},
			Status: policyv1.PodDisruptionBudgetStatus{CurrentHealthy: healthy, DesiredHealthy: desired, DisruptionsAllowed: allowed, ExpectedPods: healthy}}
	}
	unobserved := pdb(3, 2, 1)
	unobserved.Generation = 2
	always := pdb(1, 2, 0)
	always.Spec.UnhealthyPodEvictionPolicy = ptr.To(policyv1.AlwaysAllow)
	for name, c := range map[string]struct {
		pod     *v1.Pod
		budgets []*policyv1.PodDisruptionBudget
		code    int
		cause   string
		writes  bool
	}{
		"no budget":             {pod: pod(v1.PodRunning, v1.ConditionTrue)},
		"pending":               {pod: pod(v1.PodPending, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{pdb(1, 2, 0)}},
		"one left":              {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{pdb(3, 2, 1)}, writes: true},
		"none left":             {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{pdb(2, 2, 0)}, code: 429, cause: "The disruption budget b needs 2 healthy pods and has 2 currently"},
		"not observed":          {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{unobserved}, code: 429, cause: "The disruption budget b is still being processed by the server."},
		"two budgets":           {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{pdb(3, 2, 1), pdb(3, 2, 1)}, code: 500},
		"unready under quorum":  {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{pdb(1, 2, 0)}, code: 429, cause: "The disruption budget b needs 2 healthy pods and has 1 currently"},
		"unready, others fine":  {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{pdb(2, 2, 0)}},
		"unready, AlwaysAllow":  {pod: pod(v1.PodRunning, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{always}},
		"a negative allowance":  {pod: pod(v1.PodRunning, v1.ConditionTrue), budgets: []*policyv1.PodDisruptionBudget{pdb(2, 3, -1)}, code: 403, cause: "The disruption budget b does not allow evicting pods currently: pdb disruptions allowed is negative"},
		"succeeded pods may go": {pod: pod(v1.PodSucceeded, v1.ConditionFalse), budgets: []*policyv1.PodDisruptionBudget{pdb(1, 2, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			status, err := Evict(c.pod, c.budgets, now)
			require.Equal(t, c.writes, status != nil)
			if c.code == 0 {
				require.NoError(t, err)
			} else {
				var refusal *Refusal
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, c.code, refusal.Code)
				require.Equal(t, c.cause, refusal.Cause)
			}
			if status != nil {
				require.Equal(t, c.budgets[0].Status.DisruptionsAllowed-1, status.DisruptionsAllowed)
				require.Contains(t, status.DisruptedPods, "p")
				require.Empty(t, c.budgets[0].Status.DisruptedPods, "the budget is read-only")
			}
		})
	}
}
