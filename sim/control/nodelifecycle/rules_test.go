package nodelifecycle

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func tolerates(key string, seconds *int64) v1.Toleration {
	return v1.Toleration{Key: key, Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute,
		TolerationSeconds: seconds}
}

func TestDefaultTolerationsLeaveWhatThePodSays(t *testing.T) {
	both := []v1.Toleration{tolerates(v1.TaintNodeNotReady, ptr.To[int64](300)),
		tolerates(v1.TaintNodeUnreachable, ptr.To[int64](300))}
	for name, c := range map[string]struct{ has, adds []v1.Toleration }{
		"nothing":    {nil, both},
		"one":        {[]v1.Toleration{tolerates(v1.TaintNodeNotReady, ptr.To[int64](5))}, both[1:]},
		"everything": {[]v1.Toleration{{Operator: v1.TolerationOpExists}}, nil},
		"another effect": {
			[]v1.Toleration{{Key: v1.TaintNodeNotReady, Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoSchedule}},
			both},
		"any effect of both": {[]v1.Toleration{{Key: v1.TaintNodeNotReady, Operator: v1.TolerationOpExists},
			{Key: v1.TaintNodeUnreachable, Operator: v1.TolerationOpExists}}, nil},
	} {
		pod := &v1.Pod{Spec: v1.PodSpec{Tolerations: c.has}}
		require.Equal(t, append(append([]v1.Toleration(nil), c.has...), c.adds...), DefaultTolerations(pod), name)
		require.Equal(t, c.has, pod.Spec.Tolerations, "the pod is read-only")
	}
}

func TestTheLeastPatientTolerationInUseCounts(t *testing.T) {
	for name, c := range map[string]struct {
		has   []v1.Toleration
		taint []v1.Taint
		want  time.Duration // negative for never
	}{
		"no taints":                 {nil, nil, -1},
		"a taint of another effect": {nil, []v1.Taint{{Key: "x", Effect: v1.TaintEffectNoSchedule}}, -1},
		"no toleration":             {nil, []v1.Taint{unreachable}, 0},
		"the default":               {DefaultTolerations(&v1.Pod{}), []v1.Taint{unreachable}, 300 * time.Second},
		"two taints": {[]v1.Toleration{tolerates(v1.TaintNodeNotReady, ptr.To[int64](20)),
			tolerates(v1.TaintNodeUnreachable, ptr.To[int64](10))}, []v1.Taint{notReady, unreachable}, 10 * time.Second},
		"two taints, one not tolerated": {[]v1.Toleration{tolerates(v1.TaintNodeNotReady, nil)},
			[]v1.Taint{notReady, unreachable}, 0},
		"for ever": {[]v1.Toleration{tolerates(v1.TaintNodeNotReady, nil)}, []v1.Taint{notReady}, -1},
		"a negative time is none": {[]v1.Toleration{tolerates(v1.TaintNodeNotReady, ptr.To[int64](-3))},
			[]v1.Taint{notReady}, 0},
		"the first that matches decides": {
			[]v1.Toleration{tolerates("", nil), tolerates(v1.TaintNodeNotReady, ptr.To[int64](5))}, []v1.Taint{notReady}, -1},
	} {
		at, never := Tolerance(&v1.Pod{Spec: v1.PodSpec{Tolerations: c.has}}, c.taint, epoch)
		require.Equal(t, c.want < 0, never, name)
		if !never {
			require.Equal(t, epoch.Add(c.want), at, name)
		}
	}
}

func TestSettingsThatMakeNoSenseAreNamed(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for want, spoil := range map[string]func(*Config){
		"node-monitor-period: must be positive, got 0s": func(c *Config) { c.NodeMonitorPeriod = 0 },
		"node-monitor-grace-period: must be positive, got -1s": func(c *Config) {
			c.NodeMonitorGracePeriod = -time.Second
		},
		"node-startup-grace-period: must be positive, got 0s":        func(c *Config) { c.NodeStartupGracePeriod = 0 },
		"node-eviction-rate: must not be negative, got -1":           func(c *Config) { c.NodeEvictionRate = -1 },
		"secondary-node-eviction-rate: must not be negative, got -1": func(c *Config) { c.SecondaryNodeEvictionRate = -1 },
		"unhealthy-zone-threshold: must be between 0 and 1, got 55":  func(c *Config) { c.UnhealthyZoneThreshold = 55 },
	} {
		c := DefaultConfig()
		spoil(&c)
		_, err := NewMonitor(c)
		require.EqualError(t, err, want)
		_, err = NewPodGC(c)
		require.EqualError(t, err, want)
	}
}

// collector plays a collector every 20 s on pods and nodes that a test changes.
type collector struct {
	gc    *PodGC
	pods  []*v1.Pod
	nodes map[string]*v1.Node
	now   time.Time
}

func newCollector(t *testing.T, threshold int) *collector {
	cfg := DefaultConfig()
	cfg.TerminatedPodGCThreshold = threshold
	gc, err := NewPodGC(cfg)
	require.NoError(t, err)
	return &collector{gc: gc, nodes: map[string]*v1.Node{}, now: epoch}
}

func (c *collector) add(name, node string, phase v1.PodPhase) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name),
		CreationTimestamp: metav1.NewTime(epoch.Add(time.Duration(len(c.pods)) * time.Second))},
		Spec: v1.PodSpec{NodeName: node}}
	p.Status.Phase = phase
	c.pods = append(c.pods, p)
	return p
}

func (c *collector) collect() (removed []string) {
	for _, a := range c.gc.Collect(c.pods, func(name string) *v1.Node { return c.nodes[name] }, c.now) {
		r := a.(RemovePod)
		removed = append(removed, fmt.Sprintf("%s %s %t", r.Pod.Name, r.Reason, r.Condition != nil))
	}
	c.now = c.now.Add(PodGCPeriod)
	return removed
}

func TestPodsOfAMissingNodeGoAfterTheQuarantine(t *testing.T) {
	c := newCollector(t, 12500)
	c.add("a", "gone", v1.PodRunning)
	require.Empty(t, c.collect())
	require.Empty(t, c.collect())
	require.Equal(t, []string{"a orphaned true"}, c.collect())
}

// TestANodeThatComesBackSavesItsPods also shows that its quarantine runs on: if
// it leaves again just before the end, it has no second one.
func TestANodeThatComesBackSavesItsPods(t *testing.T) {
	c := newCollector(t, 12500)
	c.add("a", "n", v1.PodRunning)
	require.Empty(t, c.collect())
	c.nodes["n"] = &v1.Node{}
	require.Empty(t, c.collect())
	delete(c.nodes, "n")
	require.Equal(t, []string{"a orphaned true"}, c.collect())
	c.nodes["n"] = &v1.Node{}
	require.Empty(t, c.collect())
	require.Empty(t, c.collect())
	require.Empty(t, c.collect())
}

func TestTerminatedPodsBeyondTheThresholdGoEvictedOnesFirst(t *testing.T) {
	c := newCollector(t, 2)
	for i := range 4 {
		c.add(fmt.Sprintf("over-%d", i), "", v1.PodSucceeded)
	}
	c.add("runs", "", v1.PodRunning)
	evicted := c.add("evicted", "", v1.PodFailed)
	evicted.Status.Reason = "Evicted"
	require.Equal(t, []string{"evicted terminated false", "over-0 terminated false", "over-1 terminated false"},
		c.collect())
	c = newCollector(t, 0)
	c.add("over", "", v1.PodSucceeded)
	require.Empty(t, c.collect(), "0 keeps them all")
}

func TestTerminatingPodsGoFromNodesOutOfServiceAndFromNone(t *testing.T) {
	c := newCollector(t, 12500)
	for _, node := range []string{"out", "out-but-ready", "silent", ""} {
		c.add("stays-"+node, node, v1.PodRunning)
		c.add("dies-"+node, node, v1.PodRunning).DeletionTimestamp = &metav1.Time{Time: epoch}
	}
	out := v1.Taint{Key: v1.TaintNodeOutOfService, Effect: v1.TaintEffectNoExecute}
	c.nodes["out"] = &v1.Node{Spec: v1.NodeSpec{Taints: []v1.Taint{out}}}
	c.nodes["out-but-ready"] = &v1.Node{Spec: v1.NodeSpec{Taints: []v1.Taint{out}},
		Status: v1.NodeStatus{Conditions: []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue}}}}
	c.nodes["silent"] = &v1.Node{}
	require.Equal(t, []string{"dies-out out-of-service false", "dies- unscheduled false"}, c.collect())
}

// TestAClusterWithoutAnyReadyNodeIsNotEvicted is the monitor's distrust of
// itself: when every node falls silent it takes its taints off and adds none.
func TestAClusterWithoutAnyReadyNodeIsNotEvicted(t *testing.T) {
	h := &history{cfg: DefaultConfig()}
	for i := range 3 {
		name := fmt.Sprintf("n-%d", i)
		h.at(0, func(w *world) {
			n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
			setCondition(n, v1.NodeReady, v1.ConditionTrue, w.now())
			w.put(n, false)
		})
	}
	log := playOurs(t, h, faithful())
	require.Equal(t, playUpstream(t, h), log)
	unknown := 0
	for _, line := range log {
		require.NotContains(t, line, "NoExecute")
		if len(line) > 0 && line[:12] == "   55.050000" {
			unknown++
		}
	}
	require.Equal(t, 6, unknown, "three conditions and three events at the first tick more than 50 s after the first")
}
