package sched

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The expected values in this file were recorded on a real 1.37.2 control
// plane; those of placement were the same in all of ten runs.

const zone = "topology.kubernetes.io/zone"

// replicas are pods of a ReplicaSet, which is what makes the scheduler spread
// them by default.
func replicas(w *world, name string, n int, edit func(*v1.Pod)) []*v1.Pod {
	labels := map[string]string{"app": name}
	w.Set(&appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: "rs"},
		Spec:       appsv1.ReplicaSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}},
	})
	controller := true
	return times(n, func(i int) *v1.Pod {
		p := pod(fmt.Sprint(name, "-", i), "app", name)
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name, UID: "rs",
			Controller: &controller}}
		edit(p)
		return p
	})
}

func requests(key string, value ...string) v1.ResourceList {
	return pod("", "cpu", key, "memory", value[0]).Spec.Containers[0].Resources.Requests
}

func machine(name, cpu, memory, zone, kind, disk string) *v1.Node {
	n := node(name, "cpu", cpu, "memory", memory, "ephemeral-storage", "100Gi", "label:zone", zone, "label:type", kind,
		"label:disk", disk)
	n.Labels["kubernetes.io/os"], n.Labels["kubernetes.io/arch"] = "linux", "amd64"
	return n
}

func machines() []*v1.Node {
	tainted := machine("tainted-32", "32", "128Gi", "zone-a", "", "ssd")
	delete(tainted.Labels, "node.kubernetes.io/instance-type")
	tainted.Spec.Taints = []v1.Taint{{Key: "dedicated", Value: "batch", Effect: v1.TaintEffectNoSchedule}}
	return []*v1.Node{
		machine("a-16", "16", "64Gi", "zone-a", "c16", "ssd"), machine("a-8", "8", "32Gi", "zone-a", "c8", "ssd"),
		machine("b-16", "16", "64Gi", "zone-b", "c16", "ssd"), machine("b-8", "8", "32Gi", "zone-b", "c8", "ssd"),
		machine("c-16", "16", "64Gi", "zone-c", "c16", "ssd"), machine("c-4", "4", "16Gi", "zone-c", "c4", "hdd"),
		tainted,
	}
}

func spread(key string, when v1.UnsatisfiableConstraintAction) v1.TopologySpreadConstraint {
	return v1.TopologySpreadConstraint{MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: when,
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "w"}}}
}

// Seven machines in three zones, twelve replicas of 1 CPU and 2Gi: how many
// run where.
func TestRealPlacement(t *testing.T) {
	label := func(key, value string) v1.NodeSelectorTerm {
		return v1.NodeSelectorTerm{MatchExpressions: []v1.NodeSelectorRequirement{
			{Key: key, Operator: v1.NodeSelectorOpIn, Values: []string{value}}}}
	}
	for _, test := range []struct {
		name   string
		edit   func(*v1.PodSpec)
		counts map[string]int
	}{
		{"plain", func(*v1.PodSpec) {}, map[string]int{"a-16": 2, "a-8": 2, "b-16": 2, "b-8": 2, "c-16": 3, "c-4": 1}},
		{"zone hard", func(s *v1.PodSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(zone, v1.DoNotSchedule)}
		}, map[string]int{"a-16": 3, "a-8": 1, "b-16": 3, "b-8": 1, "c-16": 4}},
		{"zone hard, host soft", func(s *v1.PodSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(zone, v1.DoNotSchedule),
				spread(hostname, v1.ScheduleAnyway)}
		}, map[string]int{"a-16": 2, "a-8": 2, "b-16": 2, "b-8": 2, "c-16": 2, "c-4": 2}},
		{"must ssd, prefer c8", func(s *v1.PodSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(zone, v1.DoNotSchedule)}
			s.Affinity = &v1.Affinity{NodeAffinity: &v1.NodeAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: &v1.NodeSelector{
					NodeSelectorTerms: []v1.NodeSelectorTerm{label("disk", "ssd")}},
				PreferredDuringSchedulingIgnoredDuringExecution: []v1.PreferredSchedulingTerm{
					{Weight: 100, Preference: label("node.kubernetes.io/instance-type", "c8")}},
			}}
		}, map[string]int{"a-8": 4, "b-8": 4, "c-16": 4}},
		{"host anti-affinity, toleration", func(s *v1.PodSpec) {
			s.Tolerations = []v1.Toleration{{Key: "dedicated", Operator: v1.TolerationOpExists}}
			s.Affinity = &v1.Affinity{
				PodAntiAffinity: &v1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{{
					Weight: 100, PodAffinityTerm: v1.PodAffinityTerm{TopologyKey: hostname, LabelSelector: &metav1.LabelSelector{
						MatchLabels: map[string]string{"app": "w"}}},
				}}}}
		}, map[string]int{"a-16": 2, "a-8": 1, "b-16": 2, "b-8": 2, "c-16": 2, "c-4": 1, "tainted-32": 2}},
		{"host hard", func(s *v1.PodSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(hostname, v1.DoNotSchedule)}
		}, map[string]int{"a-16": 1, "a-8": 1, "b-16": 1, "b-8": 1, "c-16": 1, "c-4": 1, "": 6}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{}).nodes(machines()...)
			w.add(replicas(w, "w", 12, func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests = requests("1", "2Gi")
				test.edit(&p.Spec)
			})...)
			counts := map[string]int{}
			for w.Ready() {
				r := w.one()
				counts[r.Node]++
				if r.Node == "" {
					assert.Equal(t,
						"0/7 nodes are available: 1 node(s) had untolerated taint(s), 6 node(s) didn't match pod topology spread constraints. preemption: 0/7 nodes are available: 1 Preemption is not helpful for scheduling, 6 No preemption victims found for incoming pod.", r.Message)
				}
			}
			assert.Equal(t, test.counts, counts)
		})
	}
}

// One node of 2 CPUs, full; three more pods of 1 CPU wait. What wakes whom,
// and with what message they are put back.
func TestRealPendingRetry(t *testing.T) {
	const (
		one = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
		two = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
	)
	w := newWorld(t, Config{}).nodes(node("n-0", "cpu", "2"))
	w.add(pod("fill-0", "cpu", 1), pod("fill-1", "cpu", 1))
	assert.Equal(t, []string{"fill-0@n-0", "fill-1@n-0"}, w.run())

	w.at(1.5)
	w.add(pod("late-0", "cpu", 1), pod("late-1", "cpu", 1), pod("late-2", "cpu", 1))
	for range 3 {
		r := w.one()
		assert.Equal(t, one, r.Message)
	}
	assert.False(t, w.Ready())

	// A graceful deletion frees nothing, the end of the pod does: all retry.
	w.at(31.5)
	deleted := metav1.NewTime(testEpoch)
	w.change("fill-0", func(p *v1.Pod) { p.DeletionTimestamp = &deleted })
	assert.False(t, w.Ready())
	w.at(33.5)
	w.remove("fill-0")
	assert.Equal(t, []string{"late-0@n-0", "late-1!", "late-2!"}, w.run())

	// A node that isn't ready yet wakes nobody for good; losing the taint does.
	w.at(39.5)
	notReady := node("n-1", "cpu", "1", "taint", "node.kubernetes.io/not-ready")
	w.AddNode(notReady)
	w.run()
	ready := notReady.DeepCopy()
	ready.Spec.Taints = nil
	w.at(39.7)
	w.UpdateNode(notReady, ready)
	placed := map[string]string{}
	for w.Ready() {
		r := w.one()
		placed[r.Pod.Name] = r.Node
		if r.Node == "" {
			assert.Equal(t, two, r.Message)
		}
	}
	assert.Equal(t, map[string]string{"late-1": "n-1", "late-2": ""}, placed)

	// A cordoned node, then uncordoned.
	w.at(51.5)
	cordoned := node("n-2", "cpu", "1")
	cordoned.Spec.Unschedulable = true
	w.AddNode(cordoned)
	require.True(t, w.Ready())
	assert.Equal(t,
		"0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.", w.one().Message)
	w.at(59.5)
	w.UpdateNode(cordoned, node("n-2", "cpu", "1"))
	assert.Equal(t, []string{"late-2@n-2"}, w.run())
}

// Three nodes of 4 CPUs full of 1-CPU pods of priority 100; three pods of 2
// CPUs of priority 100000 take two of them each, a node apiece.
func TestRealPreemption(t *testing.T) {
	w := newWorld(t, Config{}).nodes(node("n-0"), node("n-1"), node("n-2"))
	w.add(times(12, func(i int) *v1.Pod { return pod(fmt.Sprint("low-", i), "cpu", 1, "priority", 100) })...)
	w.run()
	w.at(10)
	w.add(times(3, func(i int) *v1.Pod {
		return pod(fmt.Sprint("high-", i), "cpu", 2, "priority", 100000, "app",
			"high")
	})...)
	nominated := map[string]string{}
	perNode := map[string]int{}
	for w.Ready() {
		r := w.one()
		require.Empty(t, r.Node)
		assert.Equal(t,
			"0/3 nodes are available: 3 Insufficient cpu. preemption: found a potential placement for pod on node "+
				r.NominatedNode+", preempting 2 victims", r.Message)
		require.Len(t, r.Victims, 2)
		nominated[r.Pod.Name] = r.NominatedNode
		w.change(r.Pod.Name, func(p *v1.Pod) { p.Status.NominatedNodeName = r.NominatedNode })
		for _, victim := range r.Victims {
			assert.Equal(t, r.NominatedNode, victim.Pod.Spec.NodeName)
			assert.Equal(t, "default-scheduler: preempting to accommodate a higher priority pod", victim.Message)
			assert.Equal(t, fmt.Sprintf("Preempted by pod %s on node %s", r.Pod.UID, r.NominatedNode), victim.Event)
			perNode[victim.Pod.Spec.NodeName]++
			w.terminate(victim.Pod.Name)
		}
	}
	assert.Len(t, nominated, 3)
	assert.Equal(t, map[string]int{"n-0": 2, "n-1": 2, "n-2": 2}, perNode)

	// Replacements of the victims don't get the room.
	w.at(10.2)
	w.add(pod("low-12", "cpu", 1, "priority", 100))
	w.run()
	w.at(15)
	for name, p := range w.pods {
		if p.DeletionTimestamp != nil {
			w.remove(name)
		}
	}
	w.run()
	for name, on := range nominated {
		assert.Equal(t, on, w.pods[name].Spec.NodeName, name)
	}
	assert.Empty(t, w.pods["low-12"].Spec.NodeName)
}

// terminate marks a victim as the caller of a Result is to do.
func (w *world) terminate(name string) {
	w.change(name, func(p *v1.Pod) {
		now := metav1.NewTime(testEpoch)
		p.DeletionTimestamp = &now
		p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue,
			Reason: v1.PodReasonPreemptionByScheduler})
	})
}
