package sched

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// plain is upstream's scheduler as it comes, without any of this package: no
// queue, just a cache and the algorithm.
type plain struct {
	*scheduler.Scheduler
	ctx      context.Context
	snapshot *internalcache.Snapshot
}

func newPlain(t *testing.T, nodes []*v1.Node) *plain {
	ctx, cancel := context.WithCancel(klog.NewContext(context.Background(), logr.Discard()))
	t.Cleanup(cancel)
	client := fake.NewClientset()
	p := &plain{ctx: ctx, snapshot: internalcache.NewEmptySnapshot()}
	var err error
	p.Scheduler, err = scheduler.New(ctx, client, informers.NewSharedInformerFactory(client, 0), nil,
		func(string) events.EventRecorderLogger { return &events.FakeRecorder{} },
		scheduler.WithNodeInfoSnapshot(p.snapshot), scheduler.WithParallelism(1))
	require.NoError(t, err)
	for _, n := range nodes {
		p.Cache.AddNode(klog.FromContext(ctx), n)
	}
	return p
}

// try returns the node, or the message without preemption.
func (p *plain) try(t *testing.T, pod *v1.Pod) (string, string) {
	require.NoError(t, p.Cache.UpdateSnapshot(klog.FromContext(p.ctx), p.snapshot))
	info, err := framework.NewPodInfo(pod)
	require.NoError(t, err)
	result, err := p.SchedulePod(p.ctx, p.Profiles[v1.DefaultSchedulerName], framework.NewCycleState(),
		&framework.QueuedPodInfo{PodInfo: info})
	var unfit *framework.FitError
	if errors.As(err, &unfit) {
		return "", err.Error()
	}
	require.NoError(t, err)
	return result.SuggestedHost, ""
}

func (p *plain) place(t *testing.T, pod *v1.Pod, node string) {
	pod = pod.DeepCopy()
	pod.Spec.NodeName = node
	require.NoError(t, p.Cache.AddPod(klog.FromContext(p.ctx), pod))
}

// Choices are those of a scheduler built afresh for each pod, from the same
// nodes and pods. Pods that PreFilter limits to named nodes are left out:
// there upstream's choice is random.
func TestChoicesOfFreshScheduler(t *testing.T) {
	compared, rejected := 0, 0
	for seed := range uint64(30) {
		owned := seed%2 == 0
		c := newChaosOf(t, Config{}, 100+seed, 3+int(seed)/3, owned)
		var nodes []*v1.Node
		for _, name := range c.nodeNames {
			nodes = append(nodes, c.all[name])
		}
		var placed []*v1.Pod
		for range 24 {
			p := c.anyPod()
			if owned {
				p = c.ownedPod()
			}
			p.Spec.SchedulingGates, p.Spec.Priority = nil, nil
			if p.Spec.Affinity != nil && p.Spec.Affinity.NodeAffinity != nil {
				continue
			}
			fresh := newPlain(t, nodes)
			for _, there := range placed {
				fresh.place(t, there, there.Spec.NodeName)
			}
			wantNode, wantMessage := fresh.try(t, p)

			c.add(p)
			r := c.one()
			require.Equal(t, wantNode, r.Node, "seed %d, pod %s", seed, p.Name)
			compared++
			if r.Node == "" {
				require.Contains(t, r.Message, wantMessage)
				rejected++
				c.remove(p.Name)
				continue
			}
			placed = append(placed, c.pods[p.Name])
		}
	}
	require.Greater(t, compared, 300)
	require.Greater(t, rejected, 20)
}

// Above 100 nodes only a sample is examined and the search rotates: the same
// choices as upstream's scheduler that has seen the same pods.
func TestChoicesOfRotatingSearch(t *testing.T) {
	c := newChaos(t, 5, 230)
	var nodes []*v1.Node
	for _, name := range c.nodeNames {
		nodes = append(nodes, c.all[name])
	}
	twin := newPlain(t, nodes)
	used := map[string]bool{}
	for range 150 {
		c.serial++
		p := pod(fmt.Sprint("p", c.serial), "cpu", pick(c.rng, "100m", "500m"))
		want, _ := twin.try(t, p)
		twin.place(t, p, want)
		if c.rng.IntN(3) == 0 {
			_, _, err := c.Headroom(p, 3)
			require.NoError(t, err)
		}
		c.add(p)
		require.Equal(t, want, c.one().Node)
		used[want] = true
	}
	require.Greater(t, len(used), 60)
}
