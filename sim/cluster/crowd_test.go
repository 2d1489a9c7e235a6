package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// crowdOf are Deployments of two pods each that are applied together.
func crowdOf(n int, cfg manager.Config) *cluster.Spec {
	spec := recorded(2, 5, nil)
	one := spec.Objects[0].(*appsv1.Deployment)
	spec.Objects = nil
	for i := range n {
		d := one.DeepCopy()
		d.Name = fmt.Sprintf("d%02d", i)
		d.Spec.Selector.MatchLabels = map[string]string{"app": d.Name}
		d.Spec.Template.Labels = map[string]string{"app": d.Name}
		spec.Objects = append(spec.Objects, runtime.Object(d))
	}
	spec.Duration, spec.Controllers = 2*time.Minute, cfg
	return spec
}

// made is when the last ReplicaSet and the last pod were created, in seconds.
func made(t *testing.T, spec *cluster.Spec) (replicaSet, pod float64) {
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.ReplicaSetScaled:
			if r.Created {
				replicaSet = r.T.Seconds()
			}
		case record.PodCreated:
			pod = r.T.Seconds()
		}
	}
	return replicaSet, pod
}

// A crowd of Deployments comes to be as fast as the clients of the controllers
// let it: of 60 pods the last can't come before client-go's limiter lets 60
// requests through, and of a client without limit it comes at once. A controller
// without workers does nothing.
func TestCrowdsGoAsFastAsTheFlagsLetThem(t *testing.T) {
	var before float64
	for i, limits := range []manager.Config{{QPS: 10, Burst: 10}, {QPS: 20, Burst: 30}, {QPS: 100, Burst: 30}, {QPS: -1}} {
		cfg := manager.DefaultConfig()
		cfg.QPS, cfg.Burst = limits.QPS, limits.Burst
		_, pod := made(t, crowdOf(30, cfg))
		if i > 0 {
			require.Less(t, pod, before, "%+v", limits)
		}
		if limits.QPS > 0 {
			require.GreaterOrEqual(t, pod, float64(60-limits.Burst)/limits.QPS)
		} else {
			require.Less(t, pod, 1.0)
		}
		before = pod
	}

	few := manager.DefaultConfig()
	few.QPS, few.Workers.Deployment = -1, 1
	one, _ := made(t, crowdOf(30, few))
	few.Workers.Deployment = 10
	ten, _ := made(t, crowdOf(30, few))
	// Each sync takes some writes of 10 ms, of which the ReplicaSet's is the first.
	require.Greater(t, one, 29*2*manager.CallTime.Seconds())
	require.Less(t, ten, one/5)
	few.Workers.Deployment = 0
	none, _ := made(t, crowdOf(30, few))
	require.Zero(t, none)
}
