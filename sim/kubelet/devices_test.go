package kubelet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cpu"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// sharer notes among how many its GPU is divided.
type sharer struct{ among int }

func (s *sharer) Open(sim.Time, *cpu.Group)                   {}
func (s *sharer) Idle(now sim.Time, f sim.Func)               { f(now) }
func (s *sharer) Close(now sim.Time, idle func(now sim.Time)) { idle(now) }
func (s *sharer) Share(_ sim.Time, among int)                 { s.among = among }
func (s *sharer) Kill(sim.Time) int                           { return 0 }

// Two GPUs with two replicas each: containers are spread, those on one share
// its time, and the memory of both is the first's who takes it.
func TestContainersShareGPUs(t *testing.T) {
	loop := sim.NewLoop()
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"nvidia.com/gpu.replicas": "2"}},
		Status: v1.NodeStatus{Capacity: v1.ResourceList{"nvidia.com/gpu": resource.MustParse("4")}}}
	host := kubelet.NewHost(loop, node, kubelet.HostOptions{}, newRand())
	var log strings.Builder
	pods, works := map[string]*kubelet.Pod{}, map[string]*sharer{}
	run := func(name string, memory float64) {
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.PodSpec{RestartPolicy: v1.RestartPolicyAlways,
			Containers: []v1.Container{{Name: "main",
				Resources: v1.ResourceRequirements{Limits: v1.ResourceList{"nvidia.com/gpu": resource.MustParse("1")}}}}}}
		works[name] = &sharer{}
		pods[name] = host.Run(loop.Now(), p,
			[]kubelet.Plan{{Spec: &p.Spec.Containers[0], Behaviour: kubelet.Behaviour{Start: distribution.Constant(1)},
				Random: newRand(), Work: works[name], GPUMemory: memory}}, noLuck, observer{name, &log})
	}
	until := func(d time.Duration) { require.NoError(t, loop.RunUntil(context.Background(), sim.Time(d))) }
	run("a", 0.9)
	run("b", 0.4)
	until(5 * time.Second)
	require.Equal(t, []int{1, 1}, []int{works["a"].among, works["b"].among})
	run("c", 0.4) // comes to the first GPU, which is full
	run("d", 0.4) // to the second, which is not
	until(8 * time.Second)
	require.Equal(t, []int{1, 2, 2}, []int{works["a"].among, works["b"].among, works["d"].among}, "c does not run")
	require.Contains(t, log.String(), "c main exited 1 Error (gpu-oom)")
	require.NotContains(t, log.String(), "d main exited")
	pods["a"].Remove(loop.Now())
	until(30 * time.Second)
	require.Contains(t, log.String(), "c main serves after")
}
