package sched

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
)

// placedAtRandom is where the pods of random clusters go: in zones or not, behind
// Services that come and go, deleted, ended, and of other labels than before.
func placedAtRandom(t *testing.T, seed uint64, cfg Config) (placed []string) {
	r := rand.New(rand.NewPCG(seed, 5))
	w := newWorld(t, cfg)
	app := func() string { return fmt.Sprint("app", r.IntN(3)) }
	addNode := func(i int) {
		options := []any{"cpu", fmt.Sprint(1 + r.IntN(8))}
		if r.IntN(4) > 0 {
			options = append(options, "label:zone", fmt.Sprint("z", r.IntN(3)))
		}
		if r.IntN(3) == 0 {
			options = append(options, "label:disk", "ssd")
		}
		n := node(fmt.Sprint("n", i), options...)
		if r.IntN(10) == 0 {
			delete(n.Labels, hostname)
		}
		w.AddNode(n)
	}
	for i := range 3 + r.IntN(120) {
		addNode(i)
	}
	service := func(name string) *v1.Service {
		return &v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
			Spec: v1.ServiceSpec{Selector: map[string]string{"app": name}}}
	}
	for i := range 200 {
		names := slices.Sorted(maps.Keys(w.pods))
		switch action := r.IntN(12); {
		case action < 6 || len(names) == 0:
			p := pod(fmt.Sprint("p", i), "app", app(), "cpu", fmt.Sprint(10*r.IntN(30), "m"))
			p.Labels["tier"] = fmt.Sprint(r.IntN(2))
			if r.IntN(5) == 0 {
				p.Spec.NodeSelector = map[string]string{"disk": "ssd"}
			}
			if r.IntN(6) == 0 {
				c := spread(zone, v1.ScheduleAnyway)
				c.LabelSelector = &metav1.LabelSelector{MatchLabels: p.Labels}
				p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, c)
			}
			w.add(p)
		case action == 6:
			w.remove(names[r.IntN(len(names))])
		case action == 7:
			w.change(names[r.IntN(len(names))], func(p *v1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: testEpoch} })
		case action == 8:
			w.change(names[r.IntN(len(names))], func(p *v1.Pod) {
				p.Labels = maps.Clone(p.Labels)
				p.Labels["app"] = app()
			})
		case action == 9:
			w.Set(service(app()))
		case action == 10:
			w.Unset(service(app()))
		default:
			addNode(1000 + i)
		}
		w.at(float64(10 * i))
		placed = append(placed, w.run()...)
	}
	return placed
}

// Counting by change chooses the nodes that upstream's plugin does.
func TestSpreadByChange(t *testing.T) {
	for seed := range uint64(40) {
		want := placedAtRandom(t, seed, Config{plainSpread: true})
		require.NotEmpty(t, want)
		require.Equal(t, want, placedAtRandom(t, seed, Config{}), "seed %d", seed)
	}
}

// A count that outlives a change of its node has to be seen.
func TestAStaleCountIsSeen(t *testing.T) {
	seen := false
	for seed := range uint64(40) {
		cfg := Config{spread: func(ctx context.Context, args runtime.Object, h fwk.Handle) (fwk.Plugin, error) {
			p, err := newSpread(ctx, args, h)
			return &staleSpread{p.(*spreadPlugin)}, err
		}}
		want := placedAtRandom(t, seed, Config{plainSpread: true})
		seen = seen || fmt.Sprint(want) != fmt.Sprint(placedAtRandom(t, seed, cfg))
	}
	require.True(t, seen)
}

// staleSpread takes each count of a node for one of the node as it is now.
type staleSpread struct{ *spreadPlugin }

func (s *staleSpread) PreScore(ctx context.Context, state fwk.CycleState, pod *v1.Pod,
	nodes []fwk.NodeInfo) *fwk.Status {
	for _, t := range s.tallies {
		for _, n := range nodes {
			if number := int(s.numbers.known[n]); number < len(t.nodes) && t.nodes[number].info == n {
				t.nodes[number].generation = n.GetGeneration()
			}
		}
	}
	return s.spreadPlugin.PreScore(ctx, state, pod, nodes)
}
