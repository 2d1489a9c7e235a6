package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func quotaOf(hard ...string) *v1.ResourceQuota {
	q := &v1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "compute"},
		Spec:       v1.ResourceQuotaSpec{Hard: v1.ResourceList{}},
	}
	for i := 0; i < len(hard); i += 2 {
		q.Spec.Hard[v1.ResourceName(hard[i])] = resource.MustParse(hard[i+1])
	}
	return q
}

func rollingBy(surge, unavailable int32) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		s, u := intstr.FromInt32(surge), intstr.FromInt32(unavailable)
		d.Spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxSurge: &s, MaxUnavailable: &u}
	}
}

// refusals are the records of what the API server did not take, without the
// names that are drawn.
func refusalsOf(records []record.Record) (list []string) {
	for _, r := range records {
		if r, is := r.(record.CreationRefused); is {
			_, answer, _ := strings.Cut(r.Message, " is forbidden: ")
			list = append(list, fmt.Sprintf("%.2f %s of %s by %s, %d times: %s", r.T.Seconds(), r.Object, r.Workload, r.By,
				r.Count, answer))
		}
	}
	return list
}

// The quota has room for the replicas and not for maxSurge: the rollout makes
// its ReplicaSet, and no pod. It stalls at its deadline, 600 s after its last
// progress. When the quota is raised nobody tells the ReplicaSet's controller,
// which tries again when its back-off ends.
func TestAQuotaWithoutRoomForTheSurgeStallsARollout(t *testing.T) {
	spec := recorded(3, 1, rollingBy(1, 0), newImage(60))
	spec.Duration = 40 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("pods", "3"))
	spec.Timeline = append(spec.Timeline, step(1500, cluster.Apply{Objects: []runtime.Object{quotaOf("pods", "4")}}))
	records := play(t, spec, 0)

	var rollouts []string
	var made []float64
	for _, r := range records {
		switch r := r.(type) {
		case record.Rollout:
			rollouts = append(rollouts, fmt.Sprintf("%.0f %s", r.T.Seconds(), r.Phase))
		case record.PodCreated:
			made = append(made, r.T.Seconds())
		}
	}
	list := refusalsOf(records)
	const what = "exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3"
	assert.Regexp(t, `^60\.02 Pod of default/Deployment/web by ReplicaSet default/web-\w+, 1 times: `+what+`$`, list[0])
	// The first at 60.02 s, one for which its own status wakes the controller, and
	// those of the back-off: 5 ms, 10 ms … 655 s after each other, which is until
	// 1371 s. The next one is 1000 s later.
	assert.Regexp(t, `^2370\.9\d Pod .*, 18 times: `+what+`$`, list[1])
	assert.Equal(t, []string{"0 started", "1 complete", "60 started", "661 stalled", "2379 complete"}, rollouts)
	require.Len(t, made, 6)
	assert.InDelta(t, 2370.9, made[3], 0.1, "long after the quota was raised")
	// From there on each pod waits for an old one that terminates.
	assert.Contains(t, list[2], "exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4")
}

// With maxUnavailable 1 and maxSurge 0 old pods make room; the quota counts a
// pod that terminates until it is gone, and its controller takes a moment to
// see that.
func TestAQuotaIsFreeAgainWhenAPodIsGone(t *testing.T) {
	spec := recorded(2, 1, rollingBy(0, 1), newImage(60))
	spec.Duration = 5 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("pods", "2"))
	var gone, made []sim.Time
	records := play(t, spec, 0)
	for _, r := range records {
		switch r := r.(type) {
		case record.PodGone:
			gone = append(gone, r.T)
		case record.PodCreated:
			made = append(made, r.T)
		}
	}
	require.Len(t, made, 4)
	require.Len(t, gone, 2)
	for i := range gone {
		assert.Greater(t, made[2+i], gone[i].Add(spec.Latencies.ResourceQuota))
	}
	assert.Contains(t, refusalsOf(records)[0], "exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2")
}

// Of a bare pod the answer stands with the step.
func TestWhatIsAppliedGetsTheAnswer(t *testing.T) {
	pod := &v1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "solo"},
		Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "app"}}},
	}
	corev1.SetObjectDefaults_Pod(pod)
	svc := &v1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: metav1.ObjectMeta{
		Namespace: "default", Name: "lb"}, Spec: v1.ServiceSpec{Type: v1.ServiceTypeLoadBalancer}}
	spec := recorded(2, 1, nil,
		step(10, cluster.Apply{Objects: []runtime.Object{pod}}), step(20, cluster.Apply{Objects: []runtime.Object{svc}}),
		step(30, cluster.Delete{
			Target: cluster.ObjectRef{Kind: "ResourceQuota", NamespacedName: types.NamespacedName{Namespace: "default",
				Name: "compute"}}}),
		step(40, cluster.Apply{Objects: []runtime.Object{pod}}))
	spec.Objects = append(spec.Objects, quotaOf("pods", "2", "services.loadbalancers", "0"))
	var texts []string
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Step); is {
			texts = append(texts, saidOf(r))
		}
	}
	assert.Equal(t, []string{
		`apply Pod default/solo: pods "solo" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2`,
		`apply Service default/lb: services "lb" is forbidden: exceeded quota: compute, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0`,
		"delete ResourceQuota compute", "apply Pod default/solo",
	}, texts)
}

// A StatefulSet whose second pod or claim is refused says in its status what it
// has, and goes on when there is room.
func TestAStatefulSetGoesOnWhenTheQuotaHasRoom(t *testing.T) {
	claims := func(s *appsv1.StatefulSet) {
		s.Spec.VolumeClaimTemplates = []v1.PersistentVolumeClaim{{
			ObjectMeta: metav1.ObjectMeta{Name: "data"},
			Spec: v1.PersistentVolumeClaimSpec{AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
				Resources: v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("4Gi")}}},
		}}
	}
	for name, c := range map[string]struct {
		change         func(*appsv1.StatefulSet)
		before, after  *v1.ResourceQuota
		object, answer string
	}{
		"pods": {nil, quotaOf("pods", "1"), quotaOf("pods", "2"), "Pod",
			"exceeded quota: compute, requested: pods=1, used: pods=1, limited: pods=1"},
		"claims": {claims, quotaOf("requests.storage", "6Gi"), quotaOf("requests.storage", "8Gi"), "PersistentVolumeClaim",
			"exceeded quota: compute, requested: requests.storage=4Gi, used: requests.storage=4Gi, limited: requests.storage=6Gi"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := stateful(2, c.change, step(60, cluster.Apply{Objects: []runtime.Object{c.after}}))
			spec.Duration = 5 * time.Minute
			spec.Objects = append(spec.Objects, c.before, storage())
			records := play(t, spec, 0)
			list := refusalsOf(records)
			require.Len(t, list, 2)
			assert.Regexp(t, fmt.Sprintf("^5.(0[89]|1[0-9]) %s of default/StatefulSet/db by StatefulSet default/db, 1 times: %s",
				c.object, c.answer), list[0])
			var made []float64
			var phases []string
			for _, r := range records {
				switch r := r.(type) {
				case record.PodCreated:
					made = append(made, r.T.Seconds())
				case record.Rollout:
					phases = append(phases, fmt.Sprintf("%.0f %s", r.T.Seconds(), r.Phase))
				}
			}
			require.Len(t, made, 2)
			assert.Greater(t, made[1], 60.0)
			assert.Equal(t, "0 started", phases[0])
			assert.Contains(t, phases[1], "complete")
		})
	}
}

// What a LimitRange gives a container counts everywhere: for the scheduler, the
// kubelet's class, the quota; and a default limit below the request refuses the
// pod as invalid.
func TestALimitRangeChangesPods(t *testing.T) {
	limits := &v1.LimitRange{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"}, ObjectMeta: metav1.ObjectMeta{Namespace: "default",
			Name: "defaults"},
		Spec: v1.LimitRangeSpec{
			Limits: []v1.LimitRangeItem{
				{Type: v1.LimitTypeContainer, Default: v1.ResourceList{"memory": resource.MustParse("1Gi"),
					"cpu": resource.MustParse("500m")}}}},
	}
	corev1.SetObjectDefaults_LimitRange(limits)
	bare := func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Resources = v1.ResourceRequirements{} }
	spec := recorded(2, 1, bare)
	spec.Objects = append(spec.Objects, limits, quotaOf("requests.cpu", "1500m", "limits.memory", "3Gi"))
	var created []record.PodCreated
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			created = append(created, r)
		case record.QuotaUsage:
			assert.Equal(t, []record.QuotaResource{
				{Resource: "limits.memory", Used: 2 << 30, Peak: 2 << 30, Hard: 3 << 30},
				{Resource: "requests.cpu", Used: 1, Peak: 1, Hard: 1.5},
			}, r.Resources)
		}
	}
	require.Len(t, created, 2)
	assert.Equal(t, 0.5, created[0].Requests.CPU)
	assert.Equal(t, int64(1<<30), created[0].Requests.Memory)
	assert.Equal(t, "Guaranteed", created[0].QOSClass)

	spec = recorded(1, 1, func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Resources = v1.ResourceRequirements{
			Requests: v1.ResourceList{"memory": resource.MustParse("2Gi")}}
	})
	spec.Objects = append(spec.Objects, limits)
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.CreationRefused); is {
			assert.Regexp(t,
				`^Pod "web-[^"]+" is invalid: spec.containers\[0\].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi$`, r.Message)
			return
		}
	}
	t.Error("no refusal")
}

// The overhead of a RuntimeClass counts for the pod's request, the nodes and
// the quota.
func TestOverheadCountsEverywhere(t *testing.T) {
	class := &nodev1.RuntimeClass{
		TypeMeta: metav1.TypeMeta{APIVersion: "node.k8s.io/v1", Kind: "RuntimeClass"}, ObjectMeta: metav1.ObjectMeta{
			Name: "kata"}, Handler: "kata",
		Overhead: &nodev1.Overhead{
			PodFixed: v1.ResourceList{"cpu": resource.MustParse("2"), "memory": resource.MustParse("128Mi")}},
	}
	kata := "kata"
	spec := recorded(7, 1, func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.RuntimeClassName = &kata
		d.Spec.Template.Spec.Containers[0].Resources.Requests = v1.ResourceList{"cpu": resource.MustParse("1"),
			"memory": resource.MustParse("64Mi")}
		d.Spec.Template.Spec.Containers[0].Resources.Limits = nil
	})
	spec.Objects = append(spec.Objects, class, quotaOf("requests.cpu", "30"))
	scheduled, message := 0, ""
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			assert.Equal(t, 3.0, r.Requests.CPU)
			assert.Equal(t, int64(192<<20), r.Requests.Memory)
		case record.PodScheduled:
			scheduled++
		case record.PodUnschedulable:
			message = r.Message
		case record.QuotaUsage:
			assert.Equal(t, 21.0, r.Resources[0].Used)
		}
	}
	assert.Equal(t, 6, scheduled, "two of 3 cores on each node of 8")
	assert.Contains(t, message, "3 Insufficient cpu")

	spec.Objects = spec.Objects[:1]
	assert.Contains(t, refusalsOf(play(t, spec, 0))[0], `pod rejected: RuntimeClass "kata" not found`)
}

// Headroom ends where a quota does.
func TestHeadroomRespectsQuotas(t *testing.T) {
	spec := recorded(2, 1, nil)
	spec.Objects = append(spec.Objects, quotaOf("pods", "5"))
	found := false
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Headroom); is {
			found = true
			assert.Equal(t, 3, r.Replicas)
			assert.Equal(t, "default/compute", r.Quota)
			assert.Contains(t, r.Message, "exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5")
		}
	}
	assert.True(t, found)
}

// DaemonSets and Jobs go on, too, when there is room.
func TestDaemonSetsAndJobsUnderAQuota(t *testing.T) {
	job := batch(func(s *batchv1.JobSpec) {
		two := int32(2)
		s.Completions, s.Parallelism = &two, &two
	}, nil)
	job.Objects = append(job.Objects, quotaOf("pods", "1"))
	set := daemons(nil, step(60, cluster.Apply{Objects: []runtime.Object{quotaOf("pods", "3")}}))
	set.Objects = append(set.Objects, quotaOf("pods", "2"))
	for kind, c := range map[string]struct {
		spec *cluster.Spec
		pods int
	}{"Job": {job, 2}, "DaemonSet": {set, 3}} {
		made := 0
		records := play(t, c.spec, 0)
		for _, r := range records {
			if _, is := r.(record.PodCreated); is {
				made++
			}
		}
		list := refusalsOf(records)
		require.NotEmpty(t, list, kind)
		assert.Contains(t, list[0], " by "+kind+" default/")
		assert.Contains(t, list[0], "exceeded quota: compute")
		assert.Equal(t, c.pods, made, kind)
	}
}

// TestQuotasCountEachObjectOnce: a DaemonSet and its one ControllerRevision.
func TestQuotasCountEachObjectOnce(t *testing.T) {
	w, err := cluster.New(daemons(nil), 0, &discard{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Run(t.Context()))
	require.Equal(t, 1, w.Counted(appsv1.Resource("daemonsets"), "default"))
	require.Equal(t, 1, w.Counted(appsv1.Resource("controllerrevisions"), "default"))
}

// The queue holds a key once, for the first of its times. A change makes the
// controller try in between, in vain; the next try is when it would have been, and
// what the failure in between asks for is lost (client-go
// util/workqueue/delaying_queue.go).
func TestATryInBetweenBeginsNoSecondSeries(t *testing.T) {
	tries := func(until time.Duration, steps ...cluster.Step) (n int64) {
		spec := recorded(3, 1, nil, steps...)
		spec.Duration = until
		spec.Objects = append(spec.Objects, quotaOf("pods", "1"))
		for _, r := range play(t, spec, 0) {
			if r, is := r.(record.CreationRefused); is {
				n += r.Count
			}
		}
		return n
	}
	web := cluster.ObjectRef{Kind: "Deployment", NamespacedName: types.NamespacedName{Namespace: "default", Name: "web"}}
	more := step(30, cluster.Scale{Target: web, Replicas: 4})
	assert.Equal(t, tries(50*time.Second)+2, tries(50*time.Second, more),
		"at 30 s, and when the ReplicaSet's own status wakes it")
	assert.Equal(t, tries(250*time.Second)+1, tries(250*time.Second, more),
		"the next is when it would have been, those after are later")
}

// A Job that gives up is refused no more: the record written at the end says when
// the last refusal was.
func TestTheRecordOfRepetitionsTellsTheLast(t *testing.T) {
	spec := batch(func(s *batchv1.JobSpec) { s.ActiveDeadlineSeconds = ptr.To[int64](60) }, nil)
	spec.Duration = 40 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("pods", "0"))
	var list []record.CreationRefused
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.CreationRefused); is {
			list = append(list, r)
		}
	}
	require.Len(t, list, 2)
	assert.Zero(t, list[0].Last, "it stands for itself")
	assert.InDelta(t, 2400, list[1].T.Seconds(), 0.1, "records are in the order of time")
	assert.Equal(t, list[0].T, list[1].Since)
	assert.Greater(t, list[1].Last, list[1].Since)
	assert.Less(t, list[1].Last.Seconds(), 60.0, "the Job's deadline")
}
