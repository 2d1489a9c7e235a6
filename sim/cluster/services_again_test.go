package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// endpointsOf are the changes of a Service's endpoints, to the second.
func endpointsOf(t *testing.T, spec *cluster.Spec) (list [][2]int) {
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Endpoints); is {
			list = append(list, [2]int{int(r.T.Seconds()), r.To})
		}
	}
	return list
}

// oneService is a Service and its pod, which is there from 10 s on, and steps.
func oneService(steps ...cluster.Step) (*cluster.Spec, *v1.Service) {
	spec := servicesOf(1, manager.DefaultConfig())
	spec.Timeline = append(spec.Timeline, steps...)
	return spec, spec.Objects[0].(*v1.Service)
}

// A Service that is deleted has no endpoints, and has them again once it is
// applied again.
func TestAServiceComesBack(t *testing.T) {
	spec, service := oneService()
	ref := cluster.ObjectRef{Kind: "Service", NamespacedName: types.NamespacedName{Namespace: "default",
		Name: service.Name}}
	before := endpointsOf(t, spec)
	require.Len(t, before, 1)
	spec.Timeline = append(spec.Timeline,
		cluster.Step{At: at(30), Action: cluster.Delete{Target: ref}},
		cluster.Step{At: at(40), Action: cluster.Apply{Objects: []runtime.Object{service}}},
	)
	require.Equal(t, append(before, [2]int{30, 0}, [2]int{40, 1}), endpointsOf(t, spec))
}

// A Service that only a later step applies has endpoints from then on.
func TestAServiceComesLater(t *testing.T) {
	spec, service := oneService(cluster.Step{At: at(40), Action: cluster.Apply{}})
	spec.Objects = nil
	spec.Timeline[1].Action = cluster.Apply{Objects: []runtime.Object{service}}
	require.Equal(t, [][2]int{{40, 1}}, endpointsOf(t, spec))
}

// failuresOf are the requests that failed, by cause.
func failuresOf(t *testing.T, spec *cluster.Spec) map[record.Cause]int64 {
	causes := map[record.Cause]int64{}
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.Requests); is {
			for cause, n := range r.Failed {
				causes[cause] += n
			}
		}
	}
	return causes
}

// DNS knows no Service that is not there. One that is there and has no endpoint is
// refused by the proxies.
func TestRequestsToAServiceThatIsNotThere(t *testing.T) {
	spec, service := oneService()
	spec.Duration = time.Minute
	spec.Traffic = []load.Traffic{
		{Name: "t", Namespace: "default", Service: service.Name, Rate: load.Constant{PerSecond: 10}}}
	there := failuresOf(t, spec)
	require.Zero(t, there[record.NoHost])
	require.InDelta(t, 100, there[record.NoEndpoint], 40, "until its pod comes")

	spec.Objects = nil
	gone := failuresOf(t, spec)
	require.Zero(t, gone[record.NoEndpoint])
	require.InDelta(t, 600, gone[record.NoHost], 100)

	spec.Timeline = append(spec.Timeline,
		cluster.Step{At: at(30), Action: cluster.Apply{Objects: []runtime.Object{service}}})
	later := failuresOf(t, spec)
	require.InDelta(t, 300, later[record.NoHost], 70)
	require.Less(t, later[record.NoEndpoint], int64(20))
}

// A port of a Service whose name no container declares makes no endpoint; an
// applied Service's new ports are seen.
func TestNewPortsOfAServiceAreSeen(t *testing.T) {
	spec, service := oneService()
	named := service.DeepCopy()
	named.Spec.Ports = []v1.ServicePort{{Port: 80, TargetPort: intstr.FromString("nowhere")}}
	spec.Objects[0] = named
	require.Empty(t, endpointsOf(t, spec))
	spec.Timeline = append(spec.Timeline,
		cluster.Step{At: at(40), Action: cluster.Apply{Objects: []runtime.Object{service}}})
	require.Equal(t, [][2]int{{40, 1}}, endpointsOf(t, spec))
}

// A pod whose manifest names its node is bound from the start.
func TestAPodThatNamesItsNodeIsBound(t *testing.T) {
	spec, _ := oneService()
	pod := spec.Timeline[0].Action.(cluster.Apply).Objects[0].(*v1.Pod)
	pod.Spec.NodeName = spec.Nodes[0].Name
	bound := 0
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.PodScheduled); is {
			bound++
			require.Equal(t, spec.Nodes[0].Name, r.Node)
			require.Equal(t, at(10), r.T)
		}
	}
	require.Equal(t, 1, bound)
}
