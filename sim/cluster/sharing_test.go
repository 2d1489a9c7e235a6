package cluster_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// oneNode is a machine of some cores, with a Service for each of the pods.
func oneNode(cores string, length time.Duration, pods ...*v1.Pod) *cluster.Spec {
	machine := v1.ResourceList{v1.ResourceCPU: resource.MustParse(cores), v1.ResourceMemory: resource.MustParse("8Gi"),
		v1.ResourcePods: resource.MustParse("110")}
	spec := &cluster.Spec{
		Seed: 1, Replications: 1, Duration: length, Latencies: cluster.DefaultLatencies(),
		MetricsServer: metricsserver.DefaultConfig(),
		Eviction:      kubelet.DefaultEviction(), ImageBandwidth: 100 << 20, Pools: map[string]string{"a": "cpu"},
		Nodes: []*v1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "a", Annotations: played,
			Labels: map[string]string{v1.LabelHostname: "a"}},
			Status: v1.NodeStatus{Capacity: machine, Allocatable: machine}}},
	}
	for _, p := range pods {
		spec.Objects = append(spec.Objects, p, &v1.Service{TypeMeta: metav1.TypeMeta{Kind: "Service", APIVersion: "v1"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: p.Name},
			Spec:       v1.ServiceSpec{Selector: p.Labels, Ports: []v1.ServicePort{{Port: 80}}}})
	}
	return spec
}

func cpuPod(name, request, limit string) *v1.Pod {
	p := &v1.Pod{TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{
		Namespace: "n", Name: name, Labels: map[string]string{"app": name}}}
	p.Spec.SchedulerName, p.Spec.RestartPolicy = v1.DefaultSchedulerName, v1.RestartPolicyAlways
	c := v1.Container{Name: "main", Image: "web", Resources: v1.ResourceRequirements{
		Requests: v1.ResourceList{v1.ResourceCPU: resource.MustParse(request)}}}
	if limit != "" {
		c.Resources.Limits = v1.ResourceList{v1.ResourceCPU: resource.MustParse(limit)}
	}
	p.Spec.Containers = []v1.Container{c}
	return p
}

// served is how many requests of each Service ended well, and their mean time
// in system in seconds.
func served(records []record.Record) (ok map[string]int64, mean map[string]float64) {
	ok, mean = map[string]int64{}, map[string]float64{}
	times := map[string]*record.Histogram{}
	for _, r := range records {
		if w, is := r.(record.Requests); is {
			if times[w.Service] == nil {
				times[w.Service] = &record.Histogram{}
			}
			ok[w.Service] += w.OK
			times[w.Service].Merge(&w.Latency)
		}
	}
	for name, h := range times {
		mean[name] = h.Mean() / 1e9
	}
	return ok, mean
}

// Requests of exponential work at a container that has one core (Python's lock)
// are an M/M/1 queue with processor sharing: through scheduling, the Service's
// choice, the kubelet and the cgroup the mean time in system is 1/(μ−λ).
func TestAWorldWithOneCoreIsMM1ProcessorSharing(t *testing.T) {
	const mean, rho = 0.010, 0.7
	spec := oneNode("4", 10*time.Minute, cpuPod("web", "1", ""))
	spec.Workloads = []cluster.Workload{{
		Behaviour: kubelet.Behaviour{CPU: kubelet.CPU{Threads: 1}},
		Server:    load.Server{Queue: -1, Program: []load.Step{load.Compute{Time: distribution.Exponential(mean)}}},
	}}
	spec.Traffic = []load.Traffic{{Name: "t", Namespace: "n", Service: "web", Rate: load.Constant{PerSecond: rho / mean},
		Start: sim.Time(10 * time.Second)}}
	var times []float64
	for replication := range 12 {
		ok, took := served(play(t, spec, replication))
		require.Greater(t, ok["n/web"], int64(40_000))
		times = append(times, took["n/web"])
	}
	average, deviation := stat.MeanStdDev(times, nil)
	standard := stat.StdErr(deviation, float64(len(times)))
	want := mean / (1 - rho)
	require.Less(t, standard, 0.02*want)
	require.InDelta(t, want, average, 4*standard)
}

// A request of 200 ms of work alone under a limit of half a core, that comes
// somewhere in a period: in the first half of it, at u, it uses 50 ms at once
// and those of the next three periods, and is through after 350 ms − u; in the
// second half it takes 350 ms. The mean is 337.5 ms.
func TestAQuotaStretchesARequestAsTheFluidCalculationSays(t *testing.T) {
	spec := oneNode("4", 2*time.Hour, cpuPod("web", "100m", "500m"))
	spec.Workloads = []cluster.Workload{
		{Server: load.Server{Queue: -1, Program: []load.Step{load.Compute{Time: distribution.Constant(0.2)}}}}}
	spec.Traffic = []load.Traffic{
		{Name: "t", Namespace: "n", Service: "web", Law: load.Paced, Rate: load.Constant{PerSecond: 1 / 1.0371},
			Start: sim.Time(10 * time.Second)}}
	records := play(t, spec, 0)
	_, took := served(records)
	require.InDelta(t, 0.3375, took["n/web"], 0.0005)
	for _, r := range records {
		if c, is := r.(record.ContainerCPU); is {
			require.InDelta(t, 0.2/1.0371, c.Seconds/c.Running, 0.002, "cores")
			// It is stopped in three of four periods with work, or of five when it
			// comes in the second half of one.
			require.InDelta(t, 3/4.5, float64(c.ThrottledPeriods)/float64(c.Periods), 0.01)
		}
	}
}

// Two containers that want more than the node has get what their requests say:
// three times the request is three times the work done.
func TestContendingContainersShareByTheirRequests(t *testing.T) {
	spec := oneNode("2", 10*time.Minute, cpuPod("small", "400m", ""), cpuPod("large", "1200m", ""))
	spec.Workloads = []cluster.Workload{
		{Server: load.Server{Queue: -1, Program: []load.Step{load.Compute{Time: distribution.Exponential(0.02)}}}}}
	for _, name := range []string{"small", "large"} {
		spec.Traffic = append(spec.Traffic, load.Traffic{Name: name, Namespace: "n", Service: name,
			Users: &load.Users{Count: 8, Think: distribution.Constant(0)}, Start: sim.Time(10 * time.Second)})
	}
	ok, took := served(play(t, spec, 0))
	require.InDelta(t, 3, float64(ok["n/large"])/float64(ok["n/small"]), 0.1)
	// Together they get the whole node: 590 s × 2 cores in pieces of 20 ms.
	require.InEpsilon(t, 590*2/0.02, float64(ok["n/large"]+ok["n/small"]), 0.02)
	// Eight users each: Little's law gives the times.
	require.InEpsilon(t, 8*590/float64(ok["n/small"]), took["n/small"], 0.02)
	require.False(t, math.IsNaN(took["n/large"]))
}
