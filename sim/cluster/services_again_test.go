package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

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
