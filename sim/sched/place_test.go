package sched

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSpreadOverEqualNodes(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"), node("b"), node("c"))
	w.add(times(6, func(i int) *v1.Pod { return pod(fmt.Sprint("p", i), "cpu", 1) })...)
	counts := map[string]int{}
	for w.Ready() {
		counts[w.one().Node]++
	}
	assert.Equal(t, map[string]int{"a": 2, "b": 2, "c": 2}, counts)
}

// The node with most left after the pod wins (LeastAllocated).
func TestLeastAllocated(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("a"), node("b"), node("c"))
	w.add(pod("x", "node", "a", "cpu", 2, "memory", "8Gi"), pod("y", "node", "b", "cpu", 1, "memory", "4Gi"),
		pod("z", "node", "c", "cpu", 3, "memory", "12Gi"))
	w.add(pod("p", "cpu", 1, "memory", "4Gi"))
	assert.Equal(t, []string{"p@b"}, w.run())
}

// Messages are upstream's.
func TestRejected(t *testing.T) {
	hard := func(key string) []v1.TopologySpreadConstraint {
		return []v1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: v1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "w"}}}}
	}
	for _, test := range []struct {
		name    string
		nodes   []*v1.Node
		pod     func(*v1.Pod)
		message string
		plugins []string
	}{
		{
			name: "no nodes", pod: func(*v1.Pod) {},
			message: "no nodes available to schedule pods",
		},
		{
			name:  "GPU",
			nodes: []*v1.Node{node("a"), node("b"), node("g", "nvidia.com/gpu", "1", "taint", "dedicated")},
			pod: func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests = pod("", "nvidia.com/gpu", 2).Spec.Containers[0].Resources.Requests
			},
			message: "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
			plugins: []string{"NodeResourcesFit", "TaintToleration"},
		},
		{
			name:    "nodeSelector",
			nodes:   []*v1.Node{node("a", "label:disk", "hdd")},
			pod:     func(p *v1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "ssd"} },
			message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
			plugins: []string{"NodeAffinity"},
		},
		{
			name:  "cpu and memory",
			nodes: []*v1.Node{node("a"), node("b", "memory", "64Gi")},
			pod: func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests = pod("", "cpu", 5, "memory", "32Gi").Spec.Containers[0].Resources.Requests
			},
			message: "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
			plugins: []string{"NodeResourcesFit"},
		},
		{
			name:    "spread over a label that no node has",
			nodes:   []*v1.Node{node("a")},
			pod:     func(p *v1.Pod) { p.Spec.TopologySpreadConstraints = hard("rack") },
			message: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
			plugins: []string{"PodTopologySpread"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{}).nodes(test.nodes...)
			p := pod("p")
			test.pod(p)
			w.add(p)
			r := w.one()
			assert.Equal(t, Result{Pod: p, Message: test.message, Reason: "Unschedulable", UnschedulablePlugins: test.plugins},
				r)
			assert.False(t, w.Ready())
		})
	}
}

func TestChoiceByConstraint(t *testing.T) {
	nodes := []*v1.Node{
		node("hdd", "label:disk", "hdd"), node("ssd", "label:disk", "ssd"),
		node("tainted", "label:disk", "nvme", "cpu", "32", "taint", "dedicated"),
	}
	term := func(value string) v1.NodeSelectorTerm {
		return v1.NodeSelectorTerm{MatchExpressions: []v1.NodeSelectorRequirement{
			{Key: "disk", Operator: v1.NodeSelectorOpIn, Values: []string{value}}}}
	}
	for name, test := range map[string]struct {
		pod  func(*v1.Pod)
		want string
	}{
		"selector": {func(p *v1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "ssd"} }, "ssd"},
		"required": {func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{
				NodeAffinity: &v1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1.NodeSelector{
					NodeSelectorTerms: []v1.NodeSelectorTerm{term("hdd")}}}}
		}, "hdd"},
		"preferred": {func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{
				NodeAffinity: &v1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.PreferredSchedulingTerm{
					{Weight: 100, Preference: term("ssd")}}}}
		}, "ssd"},
		"tolerated and larger": {func(p *v1.Pod) {
			p.Spec.Tolerations = []v1.Toleration{{Key: "dedicated", Operator: v1.TolerationOpExists}}
		}, "tainted"},
		"affinity to a namespace": {func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{
				PodAffinity: &v1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{
					{TopologyKey: hostname, LabelSelector: &metav1.LabelSelector{}, NamespaceSelector: &metav1.LabelSelector{
						MatchLabels: map[string]string{"team": "ml"}}}}}}
		}, "ssd"},
		"inter-pod anti-affinity": {func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{
				PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{
					{TopologyKey: hostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "there"}}}}}}
		}, "ssd"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{}).nodes(nodes...)
			w.add(pod("there", "app", "there", "node", "hdd"))
			w.Set(&v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ml", Labels: map[string]string{"team": "ml"}}})
			ml := pod("ml", "app", "ml", "node", "ssd")
			ml.Namespace = "ml"
			w.AddPod(ml)
			p := pod("p", "cpu", 1)
			test.pod(p)
			w.add(p)
			assert.Equal(t, []string{"p@" + test.want}, w.run())
		})
	}
}
