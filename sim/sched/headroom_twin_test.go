package sched

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// anyCopied is a pod whose copies are counted: one that may also have ports,
// overhead, init containers, GPUs or nothing at all in its requests.
func (c *chaos) anyCopied() *v1.Pod {
	r, p := c.rng, c.anyPod()
	if r.IntN(6) == 0 {
		p.Spec.Containers[0].Resources.Requests = nil
	}
	if r.IntN(4) == 0 {
		p.Spec.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("50m"),
			"nvidia.com/gpu": resource.MustParse("1")}
	}
	if r.IntN(6) == 0 {
		p.Spec.Containers[0].Ports = []v1.ContainerPort{
			{ContainerPort: 80, HostPort: int32(pick(r, 80, 81)), Protocol: v1.ProtocolTCP}}
	}
	if r.IntN(4) == 0 {
		p.Spec.Overhead = v1.ResourceList{v1.ResourceCPU: resource.MustParse("300m"),
			v1.ResourceMemory: resource.MustParse("100Mi")}
	}
	if r.IntN(4) == 0 {
		p.Spec.InitContainers = []v1.Container{
			{Name: "init", Image: "init", Resources: v1.ResourceRequirements{
				Requests: v1.ResourceList{v1.ResourceCPU: resource.MustParse(pick(r, "10m", "3"))}}}}
	}
	return p
}

// mixed makes the nodes of chaos differ in how many pods and GPUs they take, and
// cordons some.
func (c *chaos) mixed() {
	for _, name := range c.nodeNames {
		old := c.all[name]
		n := old.DeepCopy()
		n.Status.Allocatable[v1.ResourcePods] = resource.MustParse(pick(c.rng, "3", "8", "30", "250"))
		if c.rng.IntN(3) == 0 {
			n.Status.Allocatable["nvidia.com/gpu"] = resource.MustParse(pick(c.rng, "1", "8"))
		}
		n.Spec.Unschedulable = c.rng.IntN(8) == 0
		c.all[name] = n
		c.UpdateNode(old, n)
	}
}

// Filling each node by itself gives what placing copy after copy does, number and
// message, in clusters where anything happened: pods with rules against others,
// nominated pods, taints, samples of more than 100 nodes.
func TestHeadroomOfEachNodeEqualsOneByOne(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(60) {
		nodes := 2 + int(seed)%12
		if seed%20 == 19 {
			nodes = 120
		}
		c := newChaos(t, 500+seed, nodes)
		c.mixed()
		for range 10 + c.rng.IntN(80) {
			c.step()
		}
		for range 12 {
			p, limit := c.anyCopied(), pick(c.rng, 0, 1, 7, 60, 400)
			profile := c.profiles[v1.DefaultSchedulerName]
			require.NoError(t, c.upstream.Cache.UpdateSnapshot(c.logger, c.snapshot))
			count, message, ok := c.fillEachNode(profile, p, limit)
			if !ok {
				seen["one by one"]++
				continue
			}
			wantCount, wantMessage, err := c.fillOneByOne(profile, p, limit)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(wantCount, " ", wantMessage), fmt.Sprint(count, " ", message),
				"seed %d, limit %d, pod %+v", seed, limit, p.Spec)
			seen["compared"]++
			if count == limit {
				seen["limited"]++
			}
			for _, reason := range []string{"Insufficient cpu", "Insufficient memory", "Insufficient nvidia.com/gpu",
				"Too many pods", "untolerated taint",
				"node affinity/selector", "free ports", "unschedulable", "existing pods anti-affinity"} {
				if strings.Contains(message, reason) {
					seen[reason]++
				}
			}
			for _, name := range c.nodeNames {
				if len(profile.NominatedPodsForNode(name)) > 0 {
					seen["with nominated pods"]++
					break
				}
			}
		}
	}
	assert.Len(t, seen, 13, "%v", seen)
	assert.Greater(t, seen["compared"], 300)
	assert.Greater(t, seen["one by one"], 50)
}

// Where copies on one node count on another, or might, they are placed one by one.
func TestHeadroomOneByOne(t *testing.T) {
	hard := pod("p")
	hard.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(zone, v1.DoNotSchedule)}
	soft := pod("p")
	soft.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{spread(zone, v1.ScheduleAnyway)}
	disk := pod("p")
	disk.Spec.Volumes = []v1.Volume{
		{Name: "d", VolumeSource: v1.VolumeSource{GCEPersistentDisk: &v1.GCEPersistentDiskVolumeSource{PDName: "d"}}}}
	scratch := pod("p")
	scratch.Spec.Volumes = []v1.Volume{{Name: "d", VolumeSource: v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}}}
	failures := 0
	ours := withPlugin(t, broken{&failures})
	for _, test := range []struct {
		name string
		cfg  Config
		pod  *v1.Pod
		want bool
	}{
		{"plain", Config{}, pod("p"), true},
		{"soft spread", Config{}, soft, true},
		{"hard spread", Config{}, hard, false},
		{"an empty directory", Config{}, scratch, true},
		{"a disk", Config{}, disk, false},
		{"a claim", Config{}, claimed("p", "data"), false},
		{"a plugin of somebody else's", ours, pod("p"), false},
	} {
		w := newWorld(t, test.cfg).nodes(node("a", "label:zone", "z1"))
		w.Set(claim("data", "later", ""))
		require.NoError(t, w.upstream.Cache.UpdateSnapshot(w.logger, w.snapshot))
		_, _, ok := w.fillEachNode(w.profiles[v1.DefaultSchedulerName], test.pod, 3)
		assert.Equal(t, test.want, ok, test.name)
	}
}
