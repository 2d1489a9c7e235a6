package sched

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestHeadroom(t *testing.T) {
	anti := func(p *v1.Pod) *v1.Pod {
		p.Spec.Affinity = &v1.Affinity{
			PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{
				{TopologyKey: hostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "w"}}}}}}
		return p
	}
	other := pod("p")
	other.Spec.SchedulerName = "other"
	bound := pod("p", "cpu", 1, "node", "a", "priority", 100)
	bound.Status.Phase = v1.PodRunning
	for _, test := range []struct {
		name    string
		pod     *v1.Pod
		max     int
		count   int
		message string
		err     string
	}{
		{"until it is full", pod("p", "cpu", 1), 100, 10, "0/3 nodes are available: 3 Insufficient cpu.", ""},
		{"at most", pod("p", "cpu", 1), 4, 4, "", ""},
		{"a copy of a bound pod, without preemption", bound, 100, 10, "0/3 nodes are available: 3 Insufficient cpu.", ""},
		{"copies see each other", anti(pod("p", "cpu", 1)), 100, 3,
			"0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.", ""},
		{"does not fit at all", pod("p", "nvidia.com/gpu", 1), 100, 0,
			"0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", ""},
		{"other scheduler", other, 1, 0, "",
			`pod default/p: schedulerName: must be one of ["default-scheduler"], got "other"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{}).nodes(node("a"), node("b"), node("c"))
			w.add(pod("there", "node", "a", "cpu", 2, "app", "there"))
			w.add(pod("waiting", "cpu", 2, "app", "there"))
			count, message, err := w.Headroom(test.pod, test.max)
			assert.Equal(t, test.count, count)
			assert.Equal(t, test.message, message)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.err)
			}
			assert.Equal(t, []string{"waiting@b"}, w.run())
		})
	}
}

func TestHeadroomWithoutNodes(t *testing.T) {
	w := newWorld(t, Config{})
	count, message, err := w.Headroom(pod("p"), 3)
	require.NoError(t, err)
	assert.Zero(t, count)
	assert.Equal(t, "no nodes available to schedule pods", message)
}
