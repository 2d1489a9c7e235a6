package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// burst is changes of a Service's pods of which each comes within 100 ms of the one
// before.
type burst struct {
	last  sim.Time
	size  int
	ready int // of the Service's pods, after it
}

// burstsOf are those of two and more changes, each with how long after its last
// change the proxies know of all.
func burstsOf(records []record.Record) (late []time.Duration) {
	ready, away := map[string]bool{}, map[string]bool{}
	var bursts []burst
	before := 0
	change := func(t sim.Time) {
		n := 0
		for pod := range ready {
			if !away[pod] {
				n++
			}
		}
		if n == before {
			return // such as the end of one that is away
		}
		before = n
		if last := len(bursts) - 1; last >= 0 && t.Sub(bursts[last].last) < 100*time.Millisecond {
			bursts[last] = burst{t, bursts[last].size + 1, n}
		} else {
			bursts = append(bursts, burst{t, 1, n})
		}
	}
	var seen []record.Endpoints
	for _, r := range records {
		switch r := r.(type) {
		case record.PodReady:
			if delete(ready, r.Pod); r.Ready {
				ready[r.Pod] = true
			}
			change(r.T)
		case record.PodDeleting:
			away[r.Pod] = true
			change(r.T)
		case record.Endpoints:
			seen = append(seen, r)
		}
	}
	for _, b := range bursts {
		if b.size < 2 {
			continue
		}
		for _, e := range seen {
			if e.T > b.last && e.To == b.ready {
				late = append(late, e.T.Sub(b.last))
				break
			}
		}
	}
	return late
}

// When pods change one after the other the controller sometimes reads what it wrote
// itself a moment ago as it was before, and tries again a second later
// (endpointslice_controller.go, StaleSlices). In recordings of a real control plane
// that befell 11 of 116 bursts of two and more changes.
func TestSlicesOfABurstAreLateAsOftenAsRecorded(t *testing.T) {
	var steps []cluster.Step
	for i := range 20 {
		steps = append(steps, cluster.Step{At: at(10 + 8*float64(i)), Action: cluster.Scale{
			Target: web, Replicas: []int32{4, 1}[i%2],
		}})
	}
	spec := recorded(1, 2, nil, steps...)
	spec.Objects = append(spec.Objects, &v1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: v1.ServiceSpec{
			Selector: spec.Objects[0].(*appsv1.Deployment).Spec.Selector.MatchLabels, Ports: []v1.ServicePort{{Port: 80}},
		},
	})
	spec.Workloads[0].Server = load.Server{Program: []load.Step{load.Work{Time: distribution.Constant(0.01)}}}
	spec.Traffic = []load.Traffic{{Name: "t", Namespace: "default", Service: "web", Rate: load.Constant{PerSecond: 0.01}}}
	bursts, stale := 0, 0
	for rep := range 12 {
		for _, d := range burstsOf(play(t, spec, rep)) {
			bursts++
			if d > 500*time.Millisecond {
				stale++
				require.InDelta(t, 1.1, d.Seconds(), 0.15, "a second, and the proxies' 0.1 s")
			}
		}
	}
	require.Greater(t, bursts, 200)
	t.Logf("%d of %d bursts late", stale, bursts)
	require.InDelta(t, 11.0/116, float64(stale)/float64(bursts), 0.05)
}
