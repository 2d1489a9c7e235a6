package disruption

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

type sink []record.Record

func (s *sink) Write(r record.Record) error {
	*s = append(*s, r)
	return nil
}

// noKubelets is a cluster in which no pod runs.
type noKubelets struct{ apiserver.Kubelets }

func (noKubelets) Kill(*apiserver.Pod) bool { return true }
func (noKubelets) Close(*apiserver.Pod)     {}
func (noKubelets) Free(*apiserver.Pod)      {}

func newStore(t *testing.T, records record.Sink) (*apiserver.Store, *Controller) {
	loop := sim.NewLoop()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := apiserver.New(record.NewJournal(loop, sim.NewStreams(1, 0), 0, start, records), kinds.Builtin())
	require.NoError(t, err)
	s.SetKubelets(noKubelets{})
	server := manager.NewServer(loop, manager.DefaultConfig())
	c := New(&manager.Parts{Store: s, Server: server}, 1, 20*time.Millisecond)
	s.SetStrategy("PodDisruptionBudget", Strategy{})
	s.Watch(c)
	s.WatchPods(c)
	return s, c
}

func meta(name string, owner kinds.Object, kind string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{"app": "a"}}
	if owner != nil {
		m.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, schema.GroupVersionKind{Kind: kind})}
	}
	return m
}

func create[T kinds.Object](t *testing.T, s *apiserver.Store, o T) T {
	require.NoError(t, s.Create(o, apiserver.Request{}))
	return o
}

func createPod(t *testing.T, s *apiserver.Store, name string, owner kinds.Object, kind string) *apiserver.Pod {
	o := &v1.Pod{ObjectMeta: meta(name, owner, kind)}
	o.UID = s.UID()
	o.Spec = v1.PodSpec{
		RestartPolicy: v1.RestartPolicyAlways, DNSPolicy: v1.DNSClusterFirst,
		TerminationGracePeriodSeconds: ptr.To[int64](30), SecurityContext: &v1.PodSecurityContext{},
		Containers: []v1.Container{{
			Name: "c", Image: "i", ImagePullPolicy: v1.PullIfNotPresent, TerminationMessagePath: "/dev/log",
			TerminationMessagePolicy: v1.TerminationMessageReadFile,
		}},
	}
	p, err := s.CreatePod(o)
	require.NoError(t, err)
	return p
}

// A pod of a Deployment counts to the Deployment, also when that and its
// ReplicaSet are deleted before the pod. Nothing is kept of them afterwards.
func TestSizeOutlivesTheWorkload(t *testing.T) {
	s, c := newStore(t, &sink{})
	d := create(t, s, &appsv1.Deployment{
		ObjectMeta: meta("d", nil, ""), Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](3)},
	})
	rs := create(t, s, &appsv1.ReplicaSet{
		ObjectMeta: meta("d-1", d, "Deployment"), Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To[int32](2)},
	})
	old := create(t, s, &appsv1.ReplicaSet{
		ObjectMeta: meta("d-0", d, "Deployment"), Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To[int32](0)},
	})
	p := createPod(t, s, "p", rs, "ReplicaSet")
	want := &disruption.Scale{UID: d.UID, Replicas: 3}
	for _, gone := range []kinds.Object{nil, d, rs, old} {
		if gone != nil {
			s.Delete(gone, record.Deleted)
		}
		scale, err := c.scaleOf(p.Object())
		require.NoError(t, err)
		require.Equal(t, want, scale)
	}
	p.DeleteNow(record.OwnerDeleted)
	require.True(t, p.Gone())
	require.Empty(t, c.left)
}

func TestSizeOfOthers(t *testing.T) {
	s, c := newStore(t, &sink{})
	scale, err := c.scaleOf(createPod(t, s, "bare", nil, "").Object())
	require.NoError(t, err)
	require.Nil(t, scale)

	cron := create(t, s, &batchv1.CronJob{ObjectMeta: meta("c", nil, "")})
	j := create(t, s, &batchv1.Job{ObjectMeta: meta("c-1", cron, "CronJob")})
	_, err = c.scaleOf(createPod(t, s, "p", j, "Job").Object())
	require.EqualError(t, err, "jobs.batch does not implement the scale subresource")
	s.Delete(j, record.Deleted)
	_, err = c.scaleOf(s.Pod("default", "p").Object())
	require.EqualError(t, err, "jobs.batch does not implement the scale subresource")
}

// A budget tells its state when it is deleted, and the others at the end.
func TestStates(t *testing.T) {
	records := &sink{}
	s, c := newStore(t, records)
	budget := func(name string) *policyv1.PodDisruptionBudget {
		o := &policyv1.PodDisruptionBudget{ObjectMeta: meta(name, nil, "")}
		o.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}
		return create(t, s, o)
	}
	first, second := budget("first"), budget("second")
	p := createPod(t, s, "p", nil, "")
	require.Equal(t, []string{"default/first", "default/second"}, c.BudgetsOf(p))
	*records = nil
	s.Delete(first, record.Deleted)
	c.Close(0)
	require.Len(t, *records, 2)
	require.True(t, (*records)[0].(record.BudgetState).Deleted)
	require.Equal(t, kinds.KeyOf(second), (*records)[1].(record.BudgetState).Key)
	require.Equal(t, []string{"default/Pod/p"}, (*records)[1].(record.BudgetState).Workloads)
	require.NoError(t, s.Err())
}
