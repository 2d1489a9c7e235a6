package kubelet_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// crowd is a node of 8Gi, of which the system has 1Gi, with pods on it.
type crowd struct {
	t    *testing.T
	loop *sim.Loop
	host *kubelet.Host
	log  strings.Builder
	says []string
}

func newCrowd(t *testing.T, hard int64) *crowd {
	c := &crowd{t: t, loop: sim.NewLoop()}
	allocatable := resource.NewQuantity(7<<30-hard, resource.BinarySI)
	node := &v1.Node{Status: v1.NodeStatus{
		Capacity:    v1.ResourceList{v1.ResourceMemory: resource.MustParse("8Gi")},
		Allocatable: v1.ResourceList{v1.ResourceMemory: *allocatable},
	}}
	c.host = kubelet.NewHost(c.loop, node, kubelet.HostOptions{
		Eviction: kubelet.Eviction{Hard: hard, TransitionPeriod: 5 * time.Minute},
		Pressure: func(now sim.Time, _ v1.NodeConditionType, on bool) {
			c.says = append(c.says, fmt.Sprintf("%.0fs pressure %t", now.Seconds(), on))
		},
	}, newRand())
	return c
}

func (c *crowd) pod(name, request string, priority int32, memory kubelet.Memory) *kubelet.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.PodSpec{Priority: &priority, RestartPolicy: v1.RestartPolicyAlways,
			Containers: []v1.Container{{Name: "main"}}}}
	if request != "" {
		p.Spec.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceMemory: resource.MustParse(request)}
	}
	return c.host.Run(c.loop.Now(), p,
		[]kubelet.Plan{{Spec: &p.Spec.Containers[0], Behaviour: kubelet.Behaviour{Memory: memory}, Random: newRand()}},
		noLuck, observer{name, &c.log})
}

func (c *crowd) run(until time.Duration) string {
	require.NoError(c.t, c.loop.RunUntil(context.Background(), sim.Time(until)))
	defer c.log.Reset()
	return c.log.String()
}

const gi = 1 << 30

// What uses more than it requests goes first, whatever its priority; then the
// lower priority; then who is furthest above.
func TestEvictionRanks(t *testing.T) {
	for _, test := range []struct {
		name   string
		pods   func(c *crowd)
		victim string
	}{
		{"over its request before lower priority", func(c *crowd) {
			c.pod("low-but-within", "4Gi", 0, kubelet.Memory{Base: 3 * gi})
			c.pod("high-but-over", "1Gi", 1000, kubelet.Memory{Base: 4*gi - 50<<20})
		}, "high-but-over"},
		{"lower priority before more memory", func(c *crowd) {
			c.pod("high", "1Gi", 1000, kubelet.Memory{Base: 5 * gi})
			c.pod("low", "1Gi", 0, kubelet.Memory{Base: 2*gi - 50<<20})
		}, "low"},
		{"furthest above its request", func(c *crowd) {
			c.pod("bigger", "4Gi", 0, kubelet.Memory{Base: 4*gi + 100})
			c.pod("further", "1Gi", 0, kubelet.Memory{Base: 3*gi - 50<<20})
		}, "further"},
		{"critical pods stay", func(c *crowd) {
			c.pod("critical", "", 2_000_000_000, kubelet.Memory{Base: 5 * gi})
			c.pod("other", "3Gi", 0, kubelet.Memory{Base: 2*gi - 50<<20})
		}, "other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCrowd(t, 100<<20)
			test.pods(c)
			log := c.run(15 * time.Second)
			require.Equal(t, 1, strings.Count(log,
				"evicted: The node was low on resource: memory. Threshold quantity: 100Mi, available: "), log)
			require.Contains(t, log, test.victim+" evicted")
			require.Contains(t, log, test.victim+" status Succeeded", "its process leaves with 0 in time")
		})
	}
}

// Pods go one after the other until there is enough; the condition stays five
// minutes longer.
func TestEvictionGoesOnAndTheConditionStays(t *testing.T) {
	c := newCrowd(t, 100<<20)
	for i := range 5 {
		c.pod(fmt.Sprint("p", i), "", 0, kubelet.Memory{Base: 2 * gi})
	}
	// Ten GiB on a node of eight: the kernel kills before the kubelet looks.
	log := c.run(time.Millisecond)
	require.LessOrEqual(t, 2, strings.Count(log, "exited 137 OOMKilled (system-oom)"), log)
	log += c.run(10 * time.Minute)
	require.Positive(t, strings.Count(log, "evicted"), log)
	require.Len(t, c.says, 2, "%v", c.says)
	var on, off int
	fmt.Sscanf(c.says[0], "%ds pressure true", &on)
	fmt.Sscanf(c.says[1], "%ds pressure false", &off)
	require.GreaterOrEqual(t, off-on, 300)
}

// The kernel takes a BestEffort container before a larger one that has asked
// for its memory, at the instant at which the node is full.
func TestTheKernelKillsByScore(t *testing.T) {
	c := newCrowd(t, 0) // no eviction
	c.pod("asked", "6Gi", 0, kubelet.Memory{Base: 5 * gi})
	c.pod("did-not", "", 0, kubelet.Memory{Base: gi, LeakPerSecond: gi / 100})
	log := c.run(101 * time.Second)
	require.Contains(t, log, "100.000s did-not main exited 137 OOMKilled (system-oom)")
	require.NotContains(t, log, "asked main exited")
}

// The peak of the start, the cache, the heap that stays and the bursts add up
// to what a twin says that knows nothing of events.
func TestWorkingSetsAddUp(t *testing.T) {
	c := newCrowd(t, 0)
	memory := kubelet.Memory{
		Base: 100, StartupPeak: 1000, PerRequest: 10, Retain: 0.5, CachePerRequest: 3, CacheMax: 20, LeakPerRequest: 1,
		Bursts: &kubelet.Bursts{Every: distribution.Constant(10), Size: distribution.Constant(7),
			Lasts: distribution.Constant(15)},
	}
	p := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{{Name: "main"}}}}
	pod := c.host.Run(0, p, []kubelet.Plan{{Spec: &p.Spec.Containers[0], Random: newRand(),
		Behaviour: kubelet.Behaviour{Start: distribution.Constant(2), Memory: memory}}}, noLuck, observer{"p", &c.log})
	main := pod.Containers()[0]
	most, served, inFlight := 0.0, 0, 0
	for second := range 60 {
		c.run(time.Duration(second)*time.Second + time.Millisecond)
		now := c.loop.Now()
		if second > 3 {
			inFlight, served = second*7%5, served+second%3
			main.Requests(now, inFlight, int64(served), int64(second))
		}
		heap := float64(10*inFlight) + float64(second)
		if second <= 3 {
			heap = 0
		}
		most = max(most, heap)
		want := 100 + max(heap, most/2) + float64(served) + float64(min(3*served, 20))
		if second < 2 {
			want += 1000
		}
		for begun := 10; begun <= second; begun += 10 { // a burst every 10 s lasts 15
			if second < begun+15 {
				want += 7
			}
		}
		_, got := main.Usage(now)
		require.InDelta(t, want, got, 1e-6, "second %d", second)
	}
}

// An allocation that goes beyond the container's limit and the node's memory at
// once kills by what is reached first, and is nobody's maximum.
func TestTheNearerEndKills(t *testing.T) {
	burst := kubelet.Memory{Base: gi, Bursts: &kubelet.Bursts{Every: distribution.Constant(5),
		Size: distribution.Constant(7 * gi), Lasts: distribution.Constant(1)}}
	for limit, cause := range map[string]string{"4Gi": "oom", "6Gi": "system-oom"} {
		c := newCrowd(t, 0)
		c.pod("other", "3Gi", 0, kubelet.Memory{Base: 2 * gi}) // 4Gi are left
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bursting"}, Spec: v1.PodSpec{RestartPolicy: v1.RestartPolicyAlways,
			Containers: []v1.Container{{Name: "main",
				Resources: v1.ResourceRequirements{Limits: v1.ResourceList{v1.ResourceMemory: resource.MustParse(limit)}}}}}}
		pod := c.host.Run(0, p,
			[]kubelet.Plan{{Spec: &p.Spec.Containers[0], Behaviour: kubelet.Behaviour{Memory: burst}, Random: newRand()}},
			noLuck, observer{"bursting", &c.log})
		log := c.run(5*time.Second + time.Millisecond)
		require.Contains(t, log, "5.000s bursting main exited 137 OOMKilled ("+cause+")")
		require.NotContains(t, log, "other main exited")
		used := pod.Containers()[0].MemoryUse(c.loop.Now())
		if cause == "oom" {
			require.Equal(t, int64(4*gi), used.Max)
		} else {
			require.Equal(t, int64(gi), used.Max)
		}
		_, peak := c.host.Usage.Memory.Window(c.loop.Now())
		require.LessOrEqual(t, peak, 7.0*gi)
	}
}

// An evicted pod stays ready until its containers have ended, gets two seconds, and
// has failed then; what it had in flight is lost when it takes longer.
func TestEvictedPodsHaveTwoSeconds(t *testing.T) {
	for deaf, want := range map[bool]string{false: "main exited 0 Completed (evicted)",
		true: "main exited 137 Error (evicted)"} {
		c := newCrowd(t, 100<<20)
		priority := int32(0)
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"},
			Spec: v1.PodSpec{Priority: &priority, RestartPolicy: v1.RestartPolicyAlways,
				Containers: []v1.Container{{Name: "main"}}}}
		behaviour := kubelet.Behaviour{Memory: kubelet.Memory{Base: 6656 << 20, LeakPerSecond: 5 << 20}}
		if deaf {
			behaviour.OnTerminate = kubelet.Ignore
		}
		c.host.Run(0, p, []kubelet.Plan{{Spec: &p.Spec.Containers[0], Behaviour: behaviour, Random: newRand()}}, noLuck,
			observer{"p", &c.log})
		log := c.run(2 * time.Minute)
		lines := strings.Split(strings.TrimSpace(log), "\n")
		first := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "evicted: ") })
		require.Equal(t, len(lines)-4, first, log)
		at := func(line int) float64 {
			var seconds float64
			_, err := fmt.Sscanf(lines[line], "%fs", &seconds)
			require.NoError(t, err)
			return seconds
		}
		require.Contains(t, lines[first+1], "killing")
		require.Contains(t, lines[first+2], want)
		phase := map[bool]string{false: "status Succeeded", true: "status Failed"}[deaf]
		require.Contains(t, lines[first+3], phase)
		took := 0.0
		if deaf {
			took = 2
		}
		require.InDelta(t, took, at(first+3)-at(first), 0.002)
	}
}

// A limit kills all of its container, with what it has in flight, and nothing
// of the others of the pod.
func TestALimitKillsOneContainerWhole(t *testing.T) {
	c := newCrowd(t, 0)
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: v1.PodSpec{RestartPolicy: v1.RestartPolicyAlways,
		Containers: []v1.Container{
			{Name: "workers", Resources: v1.ResourceRequirements{
				Limits: v1.ResourceList{v1.ResourceMemory: resource.MustParse("1Gi")}}}, {Name: "proxy"}}}}
	pod := c.host.Run(0, p, []kubelet.Plan{
		{Spec: &p.Spec.Containers[0], Random: newRand(),
			Behaviour: kubelet.Behaviour{Memory: kubelet.Memory{Base: 600 << 20, PerRequest: 100 << 20}}},
		{Spec: &p.Spec.Containers[1], Random: newRand(),
			Behaviour: kubelet.Behaviour{Memory: kubelet.Memory{Base: 100 << 20}}},
	}, noLuck, observer{"p", &c.log})
	c.run(time.Second)
	pod.Container("workers").Requests(c.loop.Now(), 4, 0, 0)
	require.NotContains(t, c.run(2*time.Second), "exited")
	pod.Container("workers").Requests(c.loop.Now(), 5, 0, 0)
	log := c.run(2*time.Second + time.Millisecond)
	require.Contains(t, log, "2.000s p workers exited 137 OOMKilled (oom) after 2s, memory 1073741824")
	require.NotContains(t, log, "proxy exited")
	require.True(t, pod.Container("proxy").Running())
	_, bytes := pod.Container("workers").Usage(c.loop.Now())
	require.Contains(t, []float64{0, 600 << 20}, bytes, "gone, or new at the kubelet's next look")
}

// evictions are the times and names of those in a log.
func evictions(log string) (list []string) {
	for _, line := range strings.Split(log, "\n") {
		if text, _, is := strings.Cut(line, " evicted: "); is {
			list = append(list, strings.TrimSpace(text))
		}
	}
	return list
}

// Of two evictions of which one is not enough the second comes within 2 s of the first
// one's end, not after 10 s.
func TestEvictionsFollowEachOther(t *testing.T) {
	c := newCrowd(t, 2<<30)
	for i := range 3 {
		c.pod(fmt.Sprint("p", i), "", int32(10-i), kubelet.Memory{Base: 1 << 30})
	}
	grows := c.pod("grows", "", 20, kubelet.Memory{Base: 1 << 30})
	c.run(7 * time.Second)
	grows.Containers()[0].Requests(c.loop.Now(), 0, 0, 5<<29) // 1.5 GiB too much
	log := c.run(30 * time.Second)
	require.Equal(t, []string{"10.000s p2", "12.000s p1"}, evictions(log), log)
}

// A pod of which no container runs has no statistics and goes first.
func TestPodsWithoutStatisticsGoFirst(t *testing.T) {
	c := newCrowd(t, 100<<20)
	crash := kubelet.Behaviour{Runs: distribution.Constant(0.5), ExitCode: 1, Memory: kubelet.Memory{Base: 1 << 20}}
	high := int32(1000)
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "crashes"},
		Spec: v1.PodSpec{Priority: &high, RestartPolicy: v1.RestartPolicyAlways, Containers: []v1.Container{{Name: "main"}}}}
	c.host.Run(0, p, []kubelet.Plan{{Spec: &p.Spec.Containers[0], Behaviour: crash, Random: newRand()}}, noLuck,
		observer{"crashes", &c.log})
	c.pod("large", "", 0, kubelet.Memory{Base: 3 << 30})
	grows := c.pod("grows", "", 0, kubelet.Memory{Base: 1 << 30})
	c.run(18 * time.Second)
	grows.Containers()[0].Requests(c.loop.Now(), 0, 0, 3<<30-50<<20)
	log := c.run(28 * time.Second)
	require.Equal(t, []string{"20.000s crashes", "22.000s grows"}, evictions(log), log)
}

// Statistics are up to 10 s old: what has grown since is not seen.
func TestStatisticsLag(t *testing.T) {
	c := newCrowd(t, 100<<20)
	c.run(3 * time.Second)
	c.pod("large", "", 0, kubelet.Memory{Base: 3 << 30})
	grows := c.pod("grows", "", 0, kubelet.Memory{Base: 1 << 30})
	c.run(18 * time.Second)
	grows.Containers()[0].Requests(c.loop.Now(), 0, 0, 3<<30-50<<20) // 4 GiB, of which 1 is known
	log := c.run(28 * time.Second)
	require.Equal(t, []string{"20.000s large"}, evictions(log), log)
}

// The Node learns of the pressure with its next status, every 10 s.
func TestPressureIsToldWithTheNodesStatus(t *testing.T) {
	c := newCrowd(t, 100<<20)
	c.pod("p", "", 0, kubelet.Memory{Base: 7<<30 - 50<<20})
	c.run(time.Second)
	require.Equal(t, []string{"0s pressure true"}, c.says)
}
