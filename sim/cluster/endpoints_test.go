package cluster_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// servicesOf are n Services that get a bare pod each after 10 s.
func servicesOf(n int, cfg manager.Config) *cluster.Spec {
	spec := recorded(1, 5, nil)
	template := spec.Objects[0].(*appsv1.Deployment).Spec.Template
	spec.Objects, spec.Duration, spec.Controllers = nil, time.Minute, cfg
	spec.Workloads[0].Server = load.Server{Program: []load.Step{load.Work{Time: distribution.Constant(0.01)}}}
	var pods []runtime.Object
	for i := range n {
		name := fmt.Sprintf("s%02d", i)
		labels := map[string]string{"app": name}
		pod := &v1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: name, Labels: labels}, Spec: *template.Spec.DeepCopy()}
		for j := range pod.Spec.Containers {
			pod.Spec.Containers[j].Resources = v1.ResourceRequirements{}
		}
		pods = append(pods, pod)
		spec.Objects = append(spec.Objects, &v1.Service{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: metav1.ObjectMeta{Namespace: "default",
				Name: name},
			Spec: v1.ServiceSpec{Selector: labels, Ports: []v1.ServicePort{{Port: 80}}},
		})
	}
	spec.Timeline = []cluster.Step{{At: at(10), Action: cluster.Apply{Objects: pods}}}
	return spec
}

// granted is when client-go's limiter lets requests through that are asked for
// at some times, in seconds.
func granted(t *testing.T, cfg manager.Config, asked []float64) (list []float64) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		limiter := flowcontrol.NewTokenBucketRateLimiter(float32(cfg.QPS), cfg.Burst)
		var mu sync.Mutex
		for _, at := range asked {
			time.Sleep(time.Until(start.Add(time.Duration(at * float64(time.Second)))))
			go func() {
				limiter.Accept()
				mu.Lock()
				defer mu.Unlock()
				list = append(list, time.Since(start).Seconds())
			}()
		}
		time.Sleep(time.Minute)
	})
	slices.Sort(list)
	return list
}

// The EndpointSlices of many Services are written as fast as the controller's
// client lets them: one that is empty, one with the pod's address and one with a
// ready pod, which then gets requests.
func TestEndpointSlicesWaitForTheirTurn(t *testing.T) {
	const n = 40
	cfg := manager.DefaultConfig()
	cfg.QPS, cfg.Burst = 10, 15
	spec := servicesOf(n, cfg)
	asked := make([]float64, n) // at time 0
	var sent []float64
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.ContainerStarted:
			asked = append(asked, r.T.Seconds())
		case record.PodReady:
			asked = append(asked, r.T.Seconds())
		case record.Endpoints:
			sent = append(sent, r.T.Seconds())
		}
	}
	require.Len(t, asked, 3*n)
	latency := spec.Latencies.Endpoints.Seconds()
	for i := range asked {
		asked[i] += latency
	}
	slices.Sort(asked)
	turns := granted(t, cfg, asked)
	require.Greater(t, turns[3*n-1]-asked[3*n-1], 2.0, "the last waits")
	require.Len(t, sent, n)
	for i, at := range sent {
		require.InDelta(t, turns[2*n+i]+spec.Latencies.Proxy.Seconds(), at, 0.002, "Service %d", i)
	}

	cfg.QPS = -1
	for _, r := range play(t, servicesOf(n, cfg), 0) {
		if r, is := r.(record.Endpoints); is {
			require.Less(t, r.T.Seconds(), asked[3*n-1]+spec.Latencies.Proxy.Seconds()+0.001)
		}
	}
}
