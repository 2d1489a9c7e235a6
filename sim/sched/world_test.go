package sched

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
)

var testEpoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const hostname = "kubernetes.io/hostname"

// world drives a scheduler as the simulation does: it owns the pods, binds at
// once and moves the clock.
type world struct {
	*Scheduler
	t    testing.TB
	now  sim.Time
	pods map[string]*v1.Pod
}

func newWorld(t testing.TB, cfg Config) *world {
	w := &world{t: t, pods: map[string]*v1.Pod{}}
	s, err := New(cfg, testEpoch, func() sim.Time { return w.now })
	require.NoError(t, err)
	t.Cleanup(s.Close)
	w.Scheduler = s
	w.Set(&v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}})
	return w
}

func (w *world) at(seconds float64) { w.now = sim.Time(seconds * float64(time.Second)) }

func (w *world) nodes(nodes ...*v1.Node) *world {
	for _, n := range nodes {
		w.AddNode(n)
	}
	return w
}

func (w *world) add(pods ...*v1.Pod) {
	for _, p := range pods {
		w.pods[p.Name] = p
		w.AddPod(p)
	}
}

// change replaces a pod by a changed copy.
func (w *world) change(name string, f func(*v1.Pod)) {
	old := w.pods[name]
	p := old.DeepCopy()
	f(p)
	w.pods[name] = p
	w.UpdatePod(old, p)
}

func (w *world) remove(name string) {
	w.DeletePod(w.pods[name])
	delete(w.pods, name)
}

func (w *world) bind(name, node string) {
	w.change(name, func(p *v1.Pod) { p.Spec.NodeName = node })
}

// one runs a cycle, which must happen, and binds.
func (w *world) one() Result {
	require.True(w.t, w.Ready())
	r, ok := w.ScheduleOne()
	require.True(w.t, ok)
	if r.Node != "" {
		w.bind(r.Pod.Name, r.Node)
	}
	w.Preempted(r.Pod)
	return r
}

// run schedules until the queue is empty: "pod@node", or "pod!" if rejected.
func (w *world) run() []string {
	var placed []string
	for w.Ready() {
		r := w.one()
		if r.Node == "" {
			placed = append(placed, r.Pod.Name+"!")
			continue
		}
		placed = append(placed, r.Pod.Name+"@"+r.Node)
	}
	_, ok := w.ScheduleOne()
	require.False(w.t, ok, "ScheduleOne after Ready returned false")
	return placed
}

func node(name string, opts ...any) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{hostname: name}}}
	n.Status.Allocatable = v1.ResourceList{v1.ResourcePods: resource.MustParse("110"),
		v1.ResourceCPU: resource.MustParse("4"), v1.ResourceMemory: resource.MustParse("16Gi")}
	for i := 0; i < len(opts); i += 2 {
		key, value := opts[i].(string), opts[i+1].(string)
		switch key {
		case "label:zone":
			n.Labels["topology.kubernetes.io/zone"] = value
		case "label:disk":
			n.Labels["disk"] = value
		case "label:type":
			n.Labels["node.kubernetes.io/instance-type"] = value
		case "taint":
			n.Spec.Taints = append(n.Spec.Taints, v1.Taint{Key: value, Value: "batch", Effect: v1.TaintEffectNoSchedule})
		default:
			n.Status.Allocatable[v1.ResourceName(key)] = resource.MustParse(value)
		}
	}
	n.Status.Capacity = n.Status.Allocatable
	return n
}

func pod(name string, opts ...any) *v1.Pod {
	p := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID("uid-" + name),
			Labels: map[string]string{"app": "w"}},
		Spec:   v1.PodSpec{SchedulerName: v1.DefaultSchedulerName, Containers: []v1.Container{{Name: "c", Image: "app:v1"}}},
		Status: v1.PodStatus{Phase: v1.PodPending},
	}
	requests := v1.ResourceList{}
	for i := 0; i < len(opts); i += 2 {
		switch key := opts[i].(string); key {
		case "priority":
			priority := int32(opts[i+1].(int))
			p.Spec.Priority = &priority
		case "node":
			p.Spec.NodeName = opts[i+1].(string)
		case "app":
			p.Labels["app"] = opts[i+1].(string)
		default:
			requests[v1.ResourceName(key)] = resource.MustParse(fmt.Sprint(opts[i+1]))
		}
	}
	p.Spec.Containers[0].Resources.Requests = requests
	return p
}

func times(n int, f func(i int) *v1.Pod) []*v1.Pod {
	pods := make([]*v1.Pod, n)
	for i := range pods {
		pods[i] = f(i)
	}
	return pods
}
