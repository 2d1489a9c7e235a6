package oracle

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
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

// monitorPhase and leasePhase are the chances that the simulation draws for the
// polls of the monitor of nodes and for the renewals of a node's lease.
func monitorPhase(s sim.Streams) sim.Time {
	return sim.Time(s.Get("node-lifecycle", "pollers").Int64N(int64(lifecycle.DefaultConfig().NodeMonitorPeriod)))
}

func leasePhase(s sim.Streams, node string) sim.Time {
	return sim.Time(s.Get("lease", node).Int64N(int64(lifecycle.LeaseRenewInterval)))
}

// warmUp is the time that the controllers have before the scenario begins.
const warmUp = 10 * time.Second

// play plays a Spec in Kubernetes itself; pods live as their simulated twins.
func play(t *testing.T, spec *cluster.Spec, s *script) *truth.Timeline {
	var timeline *truth.Timeline
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
		began, api := time.Now(), newServer()
		m := &metrics{values: map[string]int64{}, server: api}
		streams := sim.NewStreams(spec.Seed, 0)
		phase := time.Duration(monitorPhase(streams))
		manager := &manager{t: t, wire: wire{api, 0, watchTime}, metrics: m, monitorAfter: warmUp - 5*time.Second + phase}
		start := began.Add(warmUp)
		k := newKubelets(ctx, api, s, start)
		k.phase = func(node string) time.Duration { return time.Duration(leasePhase(streams, node)) }
		k.watch()
		u := &user{server: api, kubelets: k, metrics: m}
		manager.admission(ctx)
		manager.start(ctx, hpa.DefaultConfig(), lifecycle.DefaultConfig())
		time.Sleep(time.Until(start))
		r := &recorder{start: start}
		r.watch(api)
		for _, o := range spec.Nodes {
			require.NoError(t, k.join(o))
		}
		require.NoError(t, u.perform(cluster.Apply{Objects: spec.Objects}))
		for _, step := range spec.Timeline {
			time.Sleep(time.Until(start.Add(time.Duration(step.At))))
			r.mark("step")
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
	os.Exit(m.Run())
}
