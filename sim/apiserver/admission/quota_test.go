package admission

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// Each pod is sent once; "" is taken, else the API server's answer stands
// there.
func TestQuotas(t *testing.T) {
	scoped := func(scopes ...v1.ResourceQuotaScope) func(*v1.ResourceQuota) {
		return func(q *v1.ResourceQuota) { q.Spec.Scopes = scopes }
	}
	deadline := func(p *v1.Pod) { p.Spec.ActiveDeadlineSeconds = ptr.To[int64](60) }
	high := func(p *v1.Pod) { p.Spec.PriorityClassName = "system-node-critical" }
	for _, test := range []struct {
		name   string
		quotas []*v1.ResourceQuota
		pods   []*v1.Pod
		want   []string
	}{{
		"pods are counted", []*v1.ResourceQuota{newQuota("q", amounts("pods", "1"))},
		[]*v1.Pod{newPod("a"), newPod("b")},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1`},
	}, {
		"only what is exceeded is named, in order",
		[]*v1.ResourceQuota{newQuota("q", amounts("pods", "9", "requests.memory", "1Gi", "requests.cpu", "1"))},
		[]*v1.Pod{newPod("a", requests("cpu", "600m", "memory", "600Mi")),
			newPod("b", requests("cpu", "600m", "memory", "600Mi"))},
		[]string{
			"",
			`pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m,requests.memory=600Mi, used: requests.cpu=600m,requests.memory=600Mi, limited: requests.cpu=1,requests.memory=1Gi`},
	}, {
		"a quota on memory asks every container for it",
		[]*v1.ResourceQuota{newQuota("q", amounts("limits.memory", "1Gi", "requests.cpu", "1"))},
		[]*v1.Pod{newPod("a", requests("cpu", "1"))},
		[]string{`pods "a" is forbidden: failed quota: q: must specify limits.memory for: main`},
	}, {
		"and tells all that lack something",
		[]*v1.ResourceQuota{newQuota("q", amounts("limits.memory", "1Gi", "requests.cpu", "1"))},
		[]*v1.Pod{newPod("a", func(p *v1.Pod) {
			p.Spec.InitContainers = []v1.Container{
				{Name: "init", Image: "app", Resources: v1.ResourceRequirements{Requests: amounts("cpu", "1")}}}
		})},
		[]string{`pods "a" is forbidden: failed quota: q: must specify limits.memory for: init,main; requests.cpu for: main`},
	}, {
		"GPUs", []*v1.ResourceQuota{newQuota("gpu", amounts("requests.nvidia.com/gpu", "2"))},
		[]*v1.Pod{newPod("a", limits("nvidia.com/gpu", "2")), newPod("b"), newPod("c", limits("nvidia.com/gpu", "1"))},
		[]string{
			"", "",
			`pods "c" is forbidden: exceeded quota: gpu, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=2, limited: requests.nvidia.com/gpu=2`},
	}, {
		"BestEffort", []*v1.ResourceQuota{newQuota("q", amounts("pods", "0"), scoped(v1.ResourceQuotaScopeBestEffort))},
		[]*v1.Pod{newPod("a", requests("cpu", "1")), newPod("b")},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
	}, {
		"NotBestEffort", []*v1.ResourceQuota{newQuota("q", amounts("pods", "0"), scoped(v1.ResourceQuotaScopeNotBestEffort))},
		[]*v1.Pod{newPod("a"), newPod("b", requests("cpu", "1"))},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
	}, {
		"Terminating is a deadline",
		[]*v1.ResourceQuota{newQuota("q", amounts("pods", "0"), scoped(v1.ResourceQuotaScopeTerminating))},
		[]*v1.Pod{newPod("a"), newPod("b", deadline)},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
	}, {
		"NotTerminating", []*v1.ResourceQuota{
			newQuota("q", amounts("pods", "0"), scoped(v1.ResourceQuotaScopeNotTerminating))},
		[]*v1.Pod{newPod("a", deadline), newPod("b")},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
	}, {
		"PriorityClass", []*v1.ResourceQuota{newQuota("q", amounts("pods", "0"), func(q *v1.ResourceQuota) {
			q.Spec.ScopeSelector = &v1.ScopeSelector{MatchExpressions: []v1.ScopedResourceSelectorRequirement{{
				ScopeName: v1.ResourceQuotaScopePriorityClass, Operator: v1.ScopeSelectorOpIn,
				Values: []string{"system-node-critical"},
			}}}
		})},
		[]*v1.Pod{newPod("a"), newPod("b", high)},
		[]string{"", `pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
	}, {
		"of two quotas each holds", []*v1.ResourceQuota{newQuota("b", amounts("count/pods", "1")),
			newQuota("a", amounts("requests.cpu", "2"))},
		[]*v1.Pod{newPod("a", requests("cpu", "1")), newPod("b", requests("cpu", "1"))},
		[]string{
			"", `pods "b" is forbidden: exceeded quota: b, requested: count/pods=1, used: count/pods=1, limited: count/pods=1`},
	}, {
		"what an init container asks for counts when it is more",
		[]*v1.ResourceQuota{newQuota("q", amounts("requests.cpu", "1"))},
		[]*v1.Pod{newPod("a", requests("cpu", "500m"), func(p *v1.Pod) {
			p.Spec.InitContainers = []v1.Container{
				{Name: "init", Image: "app", Resources: v1.ResourceRequirements{Requests: amounts("cpu", "2")}}}
		})},
		[]string{
			`pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1`},
	}} {
		t.Run(test.name, func(t *testing.T) {
			var objects []runtime.Object
			for _, q := range test.quotas {
				objects = append(objects, q)
			}
			a, _ := cluster(t, objects...)
			for i, p := range test.pods {
				answer := ""
				if err := a.Admit(p); err != nil {
					answer = err.Error()
				}
				assert.Equal(t, test.want[i], answer, p.Name)
			}
		})
	}
}

func TestRefusalNamesQuotaAndShortage(t *testing.T) {
	a, _ := cluster(t, newQuota("wide", amounts("pods", "9")),
		newQuota("narrow", amounts("pods", "9", "requests.cpu", "1")))
	require.NoError(t, a.Admit(newPod("a", requests("cpu", "700m"))))
	var r *Refusal
	require.ErrorAs(t, a.Admit(newPod("b", requests("cpu", "700m"))), &r)
	assert.Equal(t, "ResourceQuota team/narrow", r.Policy)
	require.Len(t, r.Short, 1)
	s := r.Short[0]
	assert.Equal(t, "requests.cpu 700m 700m 1", s.Resource+" "+s.Requested.String()+" "+s.Used.String()+" "+
		s.Hard.String())
	assert.Equal(t, "1", ptr.To(a.Quota("team", "narrow").Status.Used["pods"]).String(),
		"a pod that is refused is not counted")
	assert.Equal(t, "1", ptr.To(a.Quota("team", "wide").Status.Used["pods"]).String(), "nor by the other quota")
}

// A quota holds only from its controller's first sync on.
func TestNewQuotaHoldsWithItsStatus(t *testing.T) {
	a, s := cluster(t)
	a.Set(newQuota("q", amounts("pods", "1")))
	first, second := newPod("a"), newPod("b")
	require.NoError(t, a.Admit(first))
	require.NoError(t, a.Admit(second))
	s.objects = []runtime.Object{first, second}
	changed, err := a.Recalculate("team", "q")
	require.NoError(t, err)
	assert.True(t, changed)
	assert.EqualError(t, a.Admit(newPod("c")),
		`pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=1`)

	a.Set(newQuota("q", amounts("pods", "3")))
	require.Error(t, a.Admit(newPod("c")), "more is there only when the controller has seen it")
	_, err = a.Recalculate("team", "q")
	require.NoError(t, err)
	require.NoError(t, a.Admit(newPod("c")))
	require.True(t, a.Unset("ResourceQuota", "team", "q"))
	require.NoError(t, a.Admit(newPod("d")))
}

// What ends a pod's claim to a quota, and who notices.
func TestReplenished(t *testing.T) {
	a, s := cluster(t, newQuota("q", amounts("pods", "1", "count/pods", "5")), newQuota("other", amounts("services", "1")))
	p := newPod("a")
	require.NoError(t, a.Admit(p))
	s.objects = []runtime.Object{p}
	used := func(resource v1.ResourceName) string {
		return ptr.To(a.Quota("team", "q").Status.Used[resource]).String()
	}
	count := func() {
		t.Helper()
		_, err := a.Recalculate("team", "q")
		require.NoError(t, err)
	}

	running := p.DeepCopy()
	running.Status.Phase = v1.PodRunning
	assert.Empty(t, a.Replenished(p, running))
	ended := p.DeepCopy()
	ended.Status.Phase = v1.PodSucceeded
	require.Len(t, a.Replenished(running, ended), 1, "the quota of Services does not care")
	s.objects = []runtime.Object{ended}
	count()
	assert.Equal(t, "0 1", used("pods")+" "+used("count/pods"))

	stuck := running.DeepCopy()
	stuck.DeletionTimestamp, stuck.DeletionGracePeriodSeconds = &metav1.Time{Time: s.now.Add(30 * time.Second)},
		ptr.To[int64](30)
	assert.Empty(t, a.Replenished(running, stuck), "a pod that terminates is still there")
	s.objects = []runtime.Object{stuck}
	count()
	assert.Equal(t, "1", used("pods"))
	s.now = start.Add(61 * time.Second)
	count()
	assert.Equal(t, "0", used("pods"), "it is given up twice its grace period after the deletion")
	assert.Len(t, a.Replenished(stuck, nil), 1)
	assert.Empty(t, a.Replenished(&v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere"}}, nil))
}

func TestOtherObjectsAreCounted(t *testing.T) {
	a, s := cluster(t, newQuota("q", amounts(
		"services", "2", "services.loadbalancers", "1", "count/deployments.apps", "0", "configmaps", "1",
		"persistentvolumeclaims", "5", "requests.storage", "10Gi", "fast.storageclass.storage.k8s.io/requests.storage",
		"4Gi")))
	service := func(name string, kind v1.ServiceType) *v1.Service {
		return &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team", ResourceVersion: "1"},
			Spec: v1.ServiceSpec{Type: kind}}
	}
	claim := func(name, class, size string) *v1.PersistentVolumeClaim {
		return &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team"},
			Spec: v1.PersistentVolumeClaimSpec{
				StorageClassName: &class, Resources: v1.VolumeResourceRequirements{Requests: amounts("storage", size)},
			}}
	}
	for _, step := range []struct {
		object runtime.Object
		want   string
	}{
		{service("a", v1.ServiceTypeLoadBalancer), ""},
		{service("b", v1.ServiceTypeLoadBalancer),
			`services "b" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1`},
		{service("b", v1.ServiceTypeClusterIP), ""},
		{service("b", v1.ServiceTypeLoadBalancer),
			`services "b" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1`},
		{&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "team"}}, ""},
		{&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "b", Namespace: "team"}},
			`configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1`},
		{claim("a", "fast", "3Gi"), ""},
		{claim("b", "fast", "2Gi"),
			`persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/requests.storage=3Gi, limited: fast.storageclass.storage.k8s.io/requests.storage=4Gi`},
		{claim("b", "slow", "2Gi"), ""},
		{claim("c", "slow", "6Gi"),
			`persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: requests.storage=6Gi, used: requests.storage=5Gi, limited: requests.storage=10Gi`},
	} {
		of, _ := resourceOf(step.object)
		name := of.Resource + " " + step.object.(metav1.Object).GetName()
		err := a.AdmitObject(step.object)
		if step.want != "" {
			require.EqualError(t, err, step.want, name)
			continue
		}
		require.NoError(t, err, name)
		s.objects = append(s.objects, step.object)
	}
	before := a.Quota("team", "q").Status.Used
	changed, err := a.Recalculate("team", "q")
	require.NoError(t, err)
	assert.False(t, changed, "admission has counted what there is: %v", before)
}

func TestRoom(t *testing.T) {
	a, _ := cluster(t, newQuota("q", amounts("pods", "9", "requests.cpu", "2")))
	p := newPod("a", requests("cpu", "300m"))
	require.NoError(t, a.Prepare(p))
	n, refusal := a.Room(p, 100)
	assert.Equal(t, 6, n)
	assert.EqualError(t, refusal,
		`pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=1800m, limited: requests.cpu=2`)
	assert.Equal(t, "ResourceQuota team/q", refusal.Policy)
	assert.Equal(t, "0", ptr.To(a.Quota("team", "q").Status.Used["pods"]).String(), "nothing is counted")
	n, refusal = a.Room(p, 6)
	assert.Equal(t, 6, n)
	assert.Nil(t, refusal)
	elsewhere := newPod("a", func(p *v1.Pod) { p.Namespace = "other" })
	n, refusal = a.Room(elsewhere, 100)
	assert.Equal(t, 100, n)
	assert.Nil(t, refusal)
}
