package oracle

import (
	"context"
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	simulated "github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func named(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// simulate plays a Spec in the simulated cluster.
func simulate(t *testing.T, spec *cluster.Spec) ([]record.Record, *truth.Timeline) {
	tape := &tape{}
	w, err := cluster.New(spec, 0, tape)
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Run(t.Context()))
	simulation := &truth.Simulation{}
	for _, r := range tape.records {
		require.NoError(t, simulation.Add(r))
	}
	return tape.records, simulation.Timeline()
}

type tape struct{ records []record.Record }

func (t *tape) Write(r record.Record) error {
	t.records = append(t.records, r)
	return nil
}

// pollPhases and leasePhase are the chances that the simulation draws for the
// polls of the monitor of nodes and of the pod garbage collector, and for the
// renewals of a node's lease.
func pollPhases(s sim.Streams) (monitor, collector time.Duration) {
	random := s.Get("node-lifecycle", "pollers")
	monitor = time.Duration(random.Int64N(int64(lifecycle.DefaultConfig().NodeMonitorPeriod)))
	return monitor, time.Duration(random.Int64N(int64(lifecycle.PodGCPeriod)))
}

func leasePhase(s sim.Streams, node string) sim.Time {
	return sim.Time(s.Get("lease", node).Int64N(int64(lifecycle.LeaseRenewInterval)))
}

// warmUp is the time that the controllers have before the scenario begins.
const warmUp = 10 * time.Second

// policiesBefore is when before time 0 what the admission of others reads is
// there: the quotas of the start are counted by then.
const policiesBefore = time.Second

func isPolicy(o runtime.Object) bool {
	switch o.(type) {
	case *v1.ResourceQuota, *v1.LimitRange, *schedulingv1.PriorityClass:
		return true
	}
	return false
}

// flagsOf are the flags of kube-controller-manager that a Spec has.
func flagsOf(spec *cluster.Spec) simulated.Config {
	if spec.Controllers == (simulated.Config{}) {
		return simulated.DefaultConfig()
	}
	return spec.Controllers
}

// play plays a Spec in Kubernetes itself for the n-th time, from 0 on; pods live
// as their simulated twins.
func play(t *testing.T, spec *cluster.Spec, s *script, n int) *truth.Timeline {
	var timeline *truth.Timeline
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
		start, api, noise := time.Now().Add(warmUp), newServer(), newNoise(n)
		m := &metrics{values: map[string]int64{}, given: spec.Metrics, start: start}
		streams := sim.NewStreams(spec.Seed, 0)
		monitor, collector := pollPhases(streams)
		manager := &manager{t: t, wire: wire{server: api, watch: watchTime, noise: noise}, metrics: m, flags: flagsOf(spec),
			monitorAt: start.Add(monitor - 5*time.Second), collectAt: start.Add(collector), countAt: start.Add(-policiesBefore)}
		k := newKubelets(ctx, api, s, start)
		k.streams = streams
		k.phase = func(node string) time.Duration { return time.Duration(leasePhase(streams, node)) }
		m.pods = k.running
		k.watch()
		u := &user{server: api, kubelets: k, metrics: m, noise: noise}
		manager.admission(ctx)
		manager.start(ctx, hpa.DefaultConfig(), lifecycle.DefaultConfig())
		var policies, others []runtime.Object
		for _, o := range spec.Objects {
			if isPolicy(o) {
				policies = append(policies, o)
			} else {
				others = append(others, o)
			}
		}
		time.Sleep(time.Until(start.Add(-policiesBefore)))
		require.NoError(t, u.perform(cluster.Apply{Objects: policies}))
		time.Sleep(time.Until(start))
		r := &recorder{start: start}
		r.watch(api)
		for _, o := range spec.Nodes {
			require.NoError(t, k.join(o))
		}
		require.NoError(t, u.perform(cluster.Apply{Objects: others}))
		for _, step := range spec.Timeline {
			time.Sleep(time.Until(start.Add(time.Duration(step.At))))
			r.mark("step")
			u.now = step.At
			_ = u.perform(step.Action) // the simulation writes kubectl's errors down, too
		}
		time.Sleep(time.Until(start.Add(spec.Duration)))
		cancel()
		manager.wait()
		time.Sleep(time.Minute) // whatever is still under way
		var err error
		timeline, err = r.timeline()
		require.NoError(t, err)
	})
	return timeline
}

func TestMain(m *testing.M) {
	quiet()
	sim.Invariants = true
	debug.SetGCPercent(400) // a bubble's objects are small and soon gone
	os.Exit(m.Run())
}
