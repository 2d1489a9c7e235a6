package sched

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"

	"github.com/kube-rehearse/rehearse/sim"
)

const configHead = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"

const binPacking = configHead + `
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}
  plugins:
    postFilter: {disabled: [{name: DefaultPreemption}]}
    score: {disabled: [{name: NodeResourcesBalancedAllocation}]}
`

func TestProfiles(t *testing.T) {
	cfg, err := LoadConfig([]byte(binPacking))
	require.NoError(t, err)
	w := newWorld(t, cfg).nodes(node("a"), node("b"))
	assert.Equal(t, []string{"default-scheduler", "packer"}, w.SchedulerNames())
	w.add(pod("low", "node", "a", "cpu", 2, "priority", 1))
	p := pod("p", "cpu", 1, "priority", 2)
	p.Spec.SchedulerName = "packer"
	q := pod("q", "cpu", 1, "priority", 2)
	big := pod("big", "cpu", 4, "priority", 2)
	big.Spec.SchedulerName = "packer"
	w.add(p, q)
	assert.Equal(t, []string{"p@a", "q@b"}, w.run())
	w.add(big)
	r := w.one()
	assert.Equal(t, "0/2 nodes are available: 2 Insufficient cpu.", r.Message, "no preemption in this profile")
}

func TestPreemptionArguments(t *testing.T) {
	cfg, err := LoadConfig(
		[]byte(
			configHead +
				"profiles: [{pluginConfig: [{name: DefaultPreemption, args: {minCandidateNodesAbsolute: 1, minCandidateNodesPercentage: 0}}]}]"))
	require.NoError(t, err)
	w := newWorld(t, cfg).nodes(node("a"), node("b"), node("c"))
	for _, n := range []string{"a", "b", "c"} {
		w.add(pod("low-"+n, "node", n, "cpu", 4, "priority", map[string]int{"a": 3, "b": 2, "c": 1}[n]))
	}
	// With one candidate the first node looked at is taken, though another has
	// a victim of lower priority; the next dry run starts at the next node.
	for _, want := range []string{"a", "b", "c", "a"} {
		w.add(pod("p", "cpu", 4, "priority", 10))
		assert.Equal(t, want, w.one().NominatedNode)
		w.remove("p")
	}
}

func TestBadConfig(t *testing.T) {
	for name, test := range map[string]struct{ config, want string }{
		"empty": {"", "Object 'Kind' is missing in ''"},
		"other kind": {"apiVersion: v1\nkind: Pod",
			"kind: must be KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1, got Pod of v1"},
		"args kind": {"apiVersion: kubescheduler.config.k8s.io/v1\nkind: NodeAffinityArgs",
			"kind: must be KubeSchedulerConfiguration, got NodeAffinityArgs"},
		"unknown field": {configHead + "profile: []\nparalelism: 3",
			"unknown field \"paralelism\"\nunknown field \"profile\""},
		"two faults": {configHead + "percentageOfNodesToScore: 101\npodInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 3",
			"percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]\npodMaxBackoffSeconds: Invalid value: 3: must be greater than or equal to PodInitialBackoffSeconds"},
		"extender": {configHead + "extenders: [{urlPrefix: 'http://localhost', filterVerb: filter, weight: 1}]",
			"extenders: must be empty, got 1: an HTTP extender decides outside of virtual time, write it as a plugin"},
		"arguments": {configHead +
			"profiles: [{pluginConfig: [{name: DefaultPreemption, args: {minCandidateNodesPercentage: 101}}]}]",
			"profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadConfig([]byte(test.config))
			assert.EqualError(t, err, test.want)
		})
	}
}

func TestUnknownPlugin(t *testing.T) {
	cfg, err := LoadConfig([]byte(configHead + "profiles: [{plugins: {filter: {enabled: [{name: Mine}]}}}]"))
	require.NoError(t, err)
	_, err = New(cfg, testEpoch, func() sim.Time { return 0 })
	assert.ErrorContains(t, err, "Mine")
}

// picky is an out-of-tree plugin that takes one node, and may ask to wait.
type picky struct {
	node string
	wait bool
}

func (picky) Name() string { return "Picky" }
func (p picky) Filter(_ context.Context, _ fwk.CycleState, _ *v1.Pod, n fwk.NodeInfo) *fwk.Status {
	if n.Node().Name != p.node {
		return fwk.NewStatus(fwk.Unschedulable, "not picked")
	}
	return nil
}
func (p picky) Permit(context.Context, fwk.CycleState, *v1.Pod, string) (*fwk.Status, time.Duration) {
	if p.wait {
		return fwk.NewStatus(fwk.Wait), time.Minute
	}
	return nil, 0
}

func TestOutOfTreePlugin(t *testing.T) {
	w := newWorld(t, withPlugin(t, picky{node: "b"})).nodes(node("a"), node("b", "cpu", "1"))
	w.add(pod("p", "cpu", 1), pod("q", "cpu", 1))
	assert.Equal(t, "b", w.one().Node)
	r := w.one()
	assert.Equal(t,
		"0/2 nodes are available: 1 Insufficient cpu, 1 not picked. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.", r.Message)
	assert.Equal(t, []string{"NodeResourcesFit", "Picky"}, r.UnschedulablePlugins)
}

func TestPermitCannotWait(t *testing.T) {
	w := newWorld(t, withPlugin(t, picky{node: "a", wait: true})).nodes(node("a", "cpu", "1"))
	w.add(pod("p", "cpu", 1))
	r := w.one()
	assert.Equal(t, "a plugin asks to wait at Permit, which is not possible in virtual time", r.Message)
	count, _, err := w.Headroom(pod("x", "cpu", 1), 5)
	require.NoError(t, err)
	assert.Equal(t, 1, count, "the refused pod holds nothing")
}

func FuzzLoadConfig(f *testing.F) {
	f.Add([]byte(binPacking))
	f.Add([]byte(configHead))
	f.Add([]byte(configHead + "profiles: [{plugins: {multiPoint: {disabled: [{name: '*'}]}}}]"))
	f.Add([]byte(configHead + "profiles: [{plugins: {multiPoint: {disabled: [{name: DefaultPreemption}]}}}]"))
	f.Add([]byte(configHead + "profiles: [{schedulerName: a}, {schedulerName: a}]"))
	f.Add([]byte(configHead + "extenders: [{}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := LoadConfig(data)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				assert.NotEmpty(t, strings.TrimSpace(line))
			}
			return
		}
		s, err := New(cfg, testEpoch, func() sim.Time { return 0 })
		if err != nil {
			return
		}
		defer s.Close()
		s.AddNode(node("a"))
		p := pod("p")
		p.Spec.SchedulerName = s.SchedulerNames()[0]
		s.AddPod(p)
		if s.Ready() {
			r, ok := s.ScheduleOne()
			assert.True(t, ok)
			assert.Equal(t, r.Node == "", r.Message != "")
		}
	})
}
