package admission

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// What a LimitRange refuses, in upstream's words.
func TestLimitRangesRefuse(t *testing.T) {
	item := func(kind v1.LimitType, change func(*v1.LimitRangeItem)) v1.LimitRangeItem {
		i := v1.LimitRangeItem{Type: kind}
		change(&i)
		return i
	}
	minimum := func(kind v1.LimitType, pairs ...string) v1.LimitRangeItem {
		return item(kind, func(i *v1.LimitRangeItem) { i.Min = amounts(pairs...) })
	}
	maximum := func(kind v1.LimitType, pairs ...string) v1.LimitRangeItem {
		return item(kind, func(i *v1.LimitRangeItem) {
			i.Max = amounts(pairs...)
			// the API's defaults would set them to the maximum
			i.Default, i.DefaultRequest = v1.ResourceList{}, v1.ResourceList{}
		})
	}
	ratio := func(kind v1.LimitType, pairs ...string) v1.LimitRangeItem {
		return item(kind, func(i *v1.LimitRangeItem) { i.MaxLimitRequestRatio = amounts(pairs...) })
	}
	two := func(p *v1.Pod) {
		c := p.Spec.Containers[0].DeepCopy()
		c.Name = "second"
		p.Spec.Containers = append(p.Spec.Containers, *c)
	}
	for _, test := range []struct {
		name string
		item v1.LimitRangeItem
		pod  *v1.Pod
		want string
	}{
		{"min", minimum("Container", "cpu", "100m"), newPod("a", requests("cpu", "50m")),
			`pods "a" is forbidden: minimum cpu usage per Container is 100m, but request is 50m`},
		{"min without request", minimum("Container", "cpu", "100m"), newPod("a"),
			`pods "a" is forbidden: minimum cpu usage per Container is 100m.  No request is specified`},
		{"max", maximum("Container", "memory", "1Gi"), newPod("a", limits("memory", "2Gi")),
			`pods "a" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi`},
		{"of a pod", maximum("Pod", "memory", "1Gi"), newPod("a", limits("memory", "600Mi"), two),
			`pods "a" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 1200Mi`},
		{"ratio", ratio("Container", "cpu", "2"), newPod("a", requests("cpu", "100m"), limits("cpu", "300m")),
			`pods "a" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000`},
		{"fits", maximum("Container", "memory", "1Gi"), newPod("a", limits("memory", "1Gi")), ""},
		{"faults come in one order", minimum("Container", "memory", "1Gi", "ephemeral-storage", "1Gi", "cpu", "1"),
			newPod("a", requests("cpu", "10m", "memory", "1Mi", "ephemeral-storage", "1Mi"), two),
			`pods "a" is forbidden: [minimum cpu usage per Container is 1, but request is 10m, minimum ephemeral-storage usage per Container is 1Gi, but request is 1Mi, minimum memory usage per Container is 1Gi, but request is 1Mi]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 10 { // maps have another order each time
				l := &v1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "limits", Namespace: "team"},
					Spec: v1.LimitRangeSpec{Limits: []v1.LimitRangeItem{test.item}}}
				a, _ := cluster(t, l)
				err := a.Admit(test.pod.DeepCopy())
				if test.want == "" {
					require.NoError(t, err)
					continue
				}
				var r *Refusal
				require.ErrorAs(t, err, &r)
				require.Equal(t, test.want, r.Error())
				require.Equal(t, "LimitRange team/limits", r.Policy)
			}
		})
	}
}

func TestLimitRangesHoldClaims(t *testing.T) {
	a, _ := cluster(t, newLimits("limits", v1.LimitRangeItem{Type: v1.LimitTypePersistentVolumeClaim,
		Min: amounts("storage", "2Gi"), Max: amounts("storage", "4Gi")}))
	claim := func(size string) *v1.PersistentVolumeClaim {
		return &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data", Namespace: "team"},
			Spec: v1.PersistentVolumeClaimSpec{Resources: v1.VolumeResourceRequirements{Requests: amounts("storage", size)}}}
	}
	assert.NoError(t, a.AdmitObject(claim("3Gi")))
	assert.EqualError(t, a.AdmitObject(claim("1Gi")),
		`persistentvolumeclaims "data" is forbidden: minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi`)
	assert.EqualError(t, a.AdmitObject(claim("5Gi")),
		`persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 4Gi, but request is 5Gi`)
}

// Defaults make a pod of another class, and count for the quota.
func TestLimitRangeDefaults(t *testing.T) {
	a, _ := cluster(t,
		newLimits("defaults", v1.LimitRangeItem{Type: v1.LimitTypeContainer, Default: amounts("cpu", "1", "memory", "1Gi"),
			DefaultRequest: amounts("cpu", "500m")}),
		newQuota("q", amounts("requests.cpu", "1", "requests.memory", "2Gi", "limits.memory", "9Gi")))
	p := newPod("a")
	require.NoError(t, a.Admit(p))
	c := p.Spec.Containers[0].Resources
	assert.Equal(t, "500m 1Gi 1 1Gi", c.Requests.Cpu().String()+" "+c.Requests.Memory().String()+" "+
		c.Limits.Cpu().String()+" "+c.Limits.Memory().String())
	assert.Equal(t, "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main",
		p.Annotations["kubernetes.io/limit-ranger"])
	assert.Equal(t, v1.PodQOSBurstable, p.Status.QOSClass)
	assert.EqualError(t, a.Admit(newPod("b", requests("memory", "2Gi"))),
		`Pod "b" is invalid: spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi`)
	assert.EqualError(t, a.Admit(newPod("c", requests("cpu", "600m"))),
		`pods "c" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1`)
}

func TestRuntimeClasses(t *testing.T) {
	kata := &nodev1.RuntimeClass{
		ObjectMeta: metav1.ObjectMeta{Name: "kata"}, Handler: "kata",
		Overhead: &nodev1.Overhead{PodFixed: amounts("cpu", "250m", "memory", "120Mi")},
		Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"runtime": "kata"},
			Tolerations: []v1.Toleration{{Key: "kata", Operator: v1.TolerationOpExists}}},
	}
	a, _ := cluster(t, kata, newQuota("q", amounts("requests.cpu", "2")))
	class := func(name string) func(*v1.Pod) { return func(p *v1.Pod) { p.Spec.RuntimeClassName = &name } }
	p := newPod("a", requests("cpu", "1"), class("kata"))
	require.NoError(t, a.Admit(p))
	assert.Equal(t, "250m", p.Spec.Overhead.Cpu().String())
	assert.Equal(t, map[string]string{"runtime": "kata"}, p.Spec.NodeSelector)
	assert.Contains(t, p.Spec.Tolerations, kata.Scheduling.Tolerations[0])
	assert.Equal(t, "1250m", ptr.To(a.Quota("team", "q").Status.Used["requests.cpu"]).String(),
		"the quota counts the overhead")

	for want, change := range map[string]func(*v1.Pod){
		`pods "b" is forbidden: pod rejected: RuntimeClass "gvisor" not found`: class("gvisor"),
		`pods "b" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[runtime] = kata; pod.spec.nodeSelector[runtime] = runc`: func(p *v1.Pod) {
			class("kata")(p)
			p.Spec.NodeSelector = map[string]string{"runtime": "runc"}
		},
		`pods "b" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`: func(p *v1.Pod) {
			class("kata")(p)
			p.Spec.Overhead = amounts("cpu", "1")
		},
		`pods "b" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead`: func(
			p *v1.Pod) {
			p.Spec.Overhead = amounts("cpu", "1")
		},
	} {
		assert.EqualError(t, a.Admit(newPod("b", requests("cpu", "1"), change)), want)
	}
}

func TestPriorityClasses(t *testing.T) {
	never := v1.PreemptNever
	usual := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "usual"}, Value: 100, GlobalDefault: true,
		PreemptionPolicy: &never}
	class := func(name string) func(*v1.Pod) { return func(p *v1.Pod) { p.Spec.PriorityClassName = name } }
	a, _ := cluster(t)
	p := newPod("a")
	require.NoError(t, a.Admit(p))
	assert.Equal(t, "", p.Spec.PriorityClassName)
	assert.Zero(t, *p.Spec.Priority)
	a.Set(usual)
	p = newPod("a")
	require.NoError(t, a.Admit(p))
	assert.Equal(t, "usual", p.Spec.PriorityClassName)
	assert.EqualValues(t, 100, *p.Spec.Priority)
	assert.Equal(t, v1.PreemptNever, *p.Spec.PreemptionPolicy)
	p = newPod("a", class("system-cluster-critical"))
	require.NoError(t, a.Admit(p))
	assert.EqualValues(t, 2000000000, *p.Spec.Priority)

	// The name is made up only after this plugin.
	p = newPod("web-x2x4z", class("none"), func(p *v1.Pod) { p.GenerateName = "web-" })
	assert.EqualError(t, a.Admit(p), `pods "web-" is forbidden: no PriorityClass with name none was found`)
	assert.Equal(t, "web-x2x4z", p.Name)
	p = newPod("db-0", class("none"), func(p *v1.Pod) {
		p.GenerateName, p.OwnerReferences = "db-",
			[]metav1.OwnerReference{{Kind: "StatefulSet", Name: "db", Controller: ptr.To(true)}}
	})
	assert.EqualError(t, a.Admit(p), `pods "db-0" is forbidden: no PriorityClass with name none was found`)
	p = newPod("a", class("usual"), func(p *v1.Pod) { p.Spec.Priority = ptr.To[int32](7) })
	assert.EqualError(t, a.Admit(p),
		`pods "a" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 100 from the given PriorityClass name`)

	second := usual.DeepCopy()
	second.Name = "second"
	assert.EqualError(t, a.AdmitObject(second),
		`priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist`)
	assert.NoError(t, a.AdmitObject(usual), "the default itself can be applied again")
	require.True(t, a.Unset("PriorityClass", "", "usual"))
	assert.False(t, a.Unset("PriorityClass", "", "usual"))
	assert.NoError(t, a.AdmitObject(second))
}

func TestUnsetOfWhatIsNotThere(t *testing.T) {
	a, _ := cluster(t, newQuota("q", amounts("pods", "1")), newLimits("l"))
	for _, kind := range []string{"ResourceQuota", "LimitRange"} {
		assert.False(t, a.Unset(kind, "team", "other"), kind)
		assert.False(t, a.Unset(kind, "elsewhere", "q"), kind)
	}
	assert.False(t, a.Unset("Pod", "team", "q"))
	assert.Nil(t, a.Quota("elsewhere", "q"))
	assert.NoError(t, a.AdmitObject(runtime.Object(&metav1.Status{})))
}
