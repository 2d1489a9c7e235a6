package oracle

import (
	"fmt"
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

const (
	initContainer = "load"
	mainContainer = "main"
	namespace     = "default"
)

// scenarios draws random scenarios.
type scenarios struct {
	*rand.Rand
	spec *cluster.Spec
	// names are the workloads to do something to.
	workloads []workload
	// applied is what was last applied of each name, in order.
	applied []runtime.Object
	zones   bool
	// without are the kinds of objects and actions that are left out; often, that there
	// are more of the others; crowded, that there are few machines.
	without        map[string]bool
	often, crowded bool
	added          int           // nodes, in the course of time
	at             time.Duration // of what is added
}

type workload struct {
	kind, name string
	metric     string // of its autoscaler, that steps of the timeline set
	updated    bool
}

func (w workload) ref() cluster.ObjectRef {
	return cluster.ObjectRef{Kind: w.kind, NamespacedName: named(namespace, w.name)}
}

// newScenarios draws from a seed. Pods take some seconds to get ready, and to go.
func newScenarios(seed uint64) *scenarios {
	r := &scenarios{Rand: rand.New(rand.NewPCG(seed, 7))}
	r.spec = &cluster.Spec{
		Name: fmt.Sprint("seed ", seed), Seed: seed, Replications: 1, Start: scenarioStart,
		Latencies: cluster.DefaultLatencies(), ImageBandwidth: 1e9, Pools: map[string]string{},
	}
	r.spec.Workloads = []cluster.Workload{
		{Container: initContainer, Behaviour: kubelet.Behaviour{Runs: distribution.Uniform{Min: 1, Max: pick(r, 20.0, 60)}}},
	}
	return r
}

// scenario is the random scenario of a seed.
func scenario(seed uint64) *cluster.Spec {
	r := newScenarios(seed)
	r.leaveOut(seed)
	r.nodes()
	r.classes()
	r.policies()
	for i := range 1 + r.IntN(2) {
		r.workload([]string{"a", "b"}[i])
	}
	for _, w := range r.workloads {
		if w.kind == "Job" {
			b := kubelet.Behaviour{OnTerminate: kubelet.Exit, Runs: distribution.Uniform{Min: 3, Max: 40}}
			if r.one(2) {
				b.ExitCode, b.FailureRate = 1, pick(r, 0.2, 0.5)
			}
			r.spec.Workloads = append(r.spec.Workloads, cluster.Workload{Kind: "Job", Name: w.name, Container: mainContainer,
				Behaviour: b})
		}
	}
	r.timeline()
	r.cronJob(seed)
	return r.spec
}

func pick[T any](r *scenarios, values ...T) T { return values[r.IntN(len(values))] }

// one is true once in n times.
func (r *scenarios) one(n int) bool { return r.IntN(n) == 0 }

// played are the annotations of nodes without a kubelet, as the real world's are here:
// both tell at once what happens to a pod.
var played = map[string]string{"kwok.x-k8s.io/node": "fake"}

func (r *scenarios) nodes() {
	r.zones = r.one(3)
	n := 2 + r.IntN(5)
	if r.crowded {
		n = 2
	}
	for i := range n {
		r.spec.Nodes = append(r.spec.Nodes, r.node(fmt.Sprint("n", i+1), i))
	}
}

func (r *scenarios) node(name string, i int) *v1.Node {
	list := v1.ResourceList{
		v1.ResourceCPU:    pick(r, resource.MustParse("2"), resource.MustParse("4"), resource.MustParse("8")),
		v1.ResourceMemory: resource.MustParse("16Gi"), v1.ResourcePods: pick(r, resource.MustParse("110"),
			resource.MustParse("6")),
	}
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: played,
		Labels: map[string]string{v1.LabelHostname: name}}}
	if r.zones {
		n.Labels[v1.LabelTopologyZone] = []string{"x", "y"}[i%2]
	}
	if r.one(5) {
		n.Spec.Taints = []v1.Taint{
			{Key: "dedicated", Value: "gpu", Effect: pick(r, v1.TaintEffectNoSchedule, v1.TaintEffectPreferNoSchedule)}}
	}
	n.Status.Capacity, n.Status.Allocatable = list, list.DeepCopy()
	r.spec.Pools[name] = "pool"
	return n
}

// add applies an object with the next ones at the same time.
func (r *scenarios) add(o runtime.Object) {
	legacyscheme.Scheme.Default(o)
	r.applied = append(r.applied, o)
	if r.at == 0 {
		r.spec.Objects = append(r.spec.Objects, o)
		return
	}
	r.spec.Timeline = append(r.spec.Timeline,
		cluster.Step{At: sim.Time(r.at), Action: cluster.Apply{Objects: []runtime.Object{o}}})
}

// later keeps what follows apart: when two controllers act at the same time,
// who comes first is chance.
func (r *scenarios) later() { r.at += 3*time.Second + 137*time.Millisecond }

func (r *scenarios) classes() {
	if r.some(3, "PriorityClass") {
		r.add(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000})
	}
}

// policies are what the API server judges pods by.
func (r *scenarios) policies() {
	if r.some(5, "ResourceQuota") {
		r.add(r.quota(r.hard()))
	}
	if r.some(6, "LimitRange") {
		r.add(&v1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "limits", Namespace: namespace},
			Spec: v1.LimitRangeSpec{Limits: []v1.LimitRangeItem{pick(r,
				v1.LimitRangeItem{Type: v1.LimitTypeContainer, DefaultRequest: cpu("300m"), Default: cpu("2")},
				v1.LimitRangeItem{Type: v1.LimitTypeContainer, Max: cpu("1")},
				v1.LimitRangeItem{Type: v1.LimitTypeContainer, Min: cpu("300m")},
				v1.LimitRangeItem{Type: v1.LimitTypePod, Max: v1.ResourceList{v1.ResourceMemory: resource.MustParse("1Gi")}},
			)}}})
	}
}

func cpu(amount string) v1.ResourceList {
	return v1.ResourceList{v1.ResourceCPU: resource.MustParse(amount)}
}

func (r *scenarios) quota(hard v1.ResourceList) *v1.ResourceQuota {
	return &v1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "quota", Namespace: namespace}, Spec: v1.ResourceQuotaSpec{Hard: hard},
	}
}

// hard is how much a quota lets a namespace have.
func (r *scenarios) hard() v1.ResourceList {
	pods := *resource.NewQuantity(3+r.Int64N(10), resource.DecimalSI)
	switch r.IntN(5) {
	case 0:
		return v1.ResourceList{v1.ResourcePods: pods}
	case 1:
		return v1.ResourceList{v1.ResourceRequestsCPU: pick(r, resource.MustParse("2"), resource.MustParse("4"),
			resource.MustParse("9"))}
	case 2:
		return v1.ResourceList{v1.ResourcePods: pods, v1.ResourceRequestsMemory: pick(r, resource.MustParse("1Gi"),
			resource.MustParse("2Gi"))}
	case 3:
		return v1.ResourceList{
			"count/replicasets.apps":         *resource.NewQuantity(1+r.Int64N(2), resource.DecimalSI),
			"count/controllerrevisions.apps": *resource.NewQuantity(1+r.Int64N(2), resource.DecimalSI),
		}
	}
	return pick(r, v1.ResourceList{"count/deployments.apps": resource.MustParse("1")},
		v1.ResourceList{v1.ResourceLimitsCPU: resource.MustParse("8")})
}
