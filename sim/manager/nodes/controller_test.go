package nodes

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// world is machines whose kubelets only renew their leases, and its records.
type world struct {
	t       *testing.T
	store   *apiserver.Store
	c       *Controller
	silent  map[string]sim.Time // the machines that are down
	records []record.Record
}

func (w *world) Write(r record.Record) error {
	w.records = append(w.records, r)
	return nil
}

func (w *world) Lease(node string, at sim.Time) *coordv1.Lease {
	if since, down := w.silent[node]; down {
		at = min(at, since)
	}
	at -= at % sim.Time(10*time.Second)
	return &coordv1.Lease{Spec: coordv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: w.store.Wall(at)}}}
}

func (w *world) Down(node string) bool {
	_, down := w.silent[node]
	return down
}

func (w *world) Joined(string) sim.Time { return 0 }

func (w *world) Stop(*apiserver.Pod, time.Duration)      {}
func (w *world) Kill(p *apiserver.Pod) bool              { return false }
func (w *world) Close(*apiserver.Pod)                    {}
func (w *world) Free(*apiserver.Pod)                     {}
func (w *world) FirstStatus(_ *apiserver.Pod, _ *v1.Pod) {}

func newWorld(t *testing.T, o Options, nodes ...string) *world {
	w := &world{t: t, silent: map[string]sim.Time{}}
	loop := sim.NewLoop()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var err error
	w.store, err = apiserver.New(record.NewJournal(loop, sim.NewStreams(1, 0), 0, start, w), kinds.Builtin())
	require.NoError(t, err)
	w.store.SetKubelets(w)
	o.Latency = 20 * time.Millisecond
	w.c, err = New(&manager.Parts{Store: w.store, Server: manager.NewServer(loop, manager.DefaultConfig())}, w, o)
	require.NoError(t, err)
	w.store.Watch(w.c)
	w.store.WatchPods(w.c)
	for _, name := range nodes {
		n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
		n.Status.Conditions = []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue}}
		require.NoError(t, w.store.Create(n, apiserver.Request{}))
	}
	w.c.Start(0)
	return w
}

func (w *world) pod(name, node string) *apiserver.Pod {
	o := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: w.store.UID()}}
	o.CreationTimestamp = metav1.NewTime(w.store.WallNow())
	o.Spec = v1.PodSpec{
		NodeName: node, RestartPolicy: v1.RestartPolicyAlways, DNSPolicy: v1.DNSClusterFirst,
		TerminationGracePeriodSeconds: ptr.To[int64](30), SecurityContext: &v1.PodSecurityContext{},
		Containers: []v1.Container{{
			Name: "c", Image: "i", ImagePullPolicy: v1.PullIfNotPresent, TerminationMessagePath: "/dev/log",
			TerminationMessagePolicy: v1.TerminationMessageReadFile,
		}},
	}
	o.Spec.Tolerations = nodelifecycle.DefaultTolerations(o)
	p, err := w.store.CreatePod(o)
	require.NoError(w.t, err)
	return p
}

func (w *world) run(until time.Duration) {
	require.NoError(w.t, w.store.Loop.RunUntil(context.Background(), sim.Time(until)))
	require.NoError(w.t, w.store.Err())
}

// deletions are the reasons of those so far.
func (w *world) deletions() (list []record.Deletion) {
	for _, r := range w.records {
		if d, is := r.(record.PodDeleting); is {
			list = append(list, d.Reason)
		}
	}
	return list
}

// While all nodes are well nothing happens. One that falls silent gets its taints
// after the grace period, and its pods go when their tolerations run out.
func TestSilentNode(t *testing.T) {
	w := newWorld(t, Options{}, "n1", "n2")
	p, other := w.pod("p", "n1"), w.pod("other", "n2")
	w.run(100 * time.Second)
	require.Zero(t, w.store.Loop.Fired())
	w.silent["n1"] = w.store.Now()
	w.c.Wake()
	w.run(200 * time.Second)
	n := nodeNamed(w.store, "n1")
	require.Len(t, n.Spec.Taints, 2)
	require.Equal(t, v1.ConditionUnknown, n.Status.Conditions[0].Status)
	require.False(t, p.Deleting())
	w.run(600 * time.Second)
	require.True(t, p.Deleting())
	require.False(t, other.Deleting())
	require.Equal(t, []record.Deletion{record.Tainted}, w.deletions())

	fired := w.store.Loop.Fired()
	w.run(5000 * time.Second)
	require.Equal(t, fired, w.store.Loop.Fired(), "all is settled")
}

// The pods of a node that is deleted, or was never there, are removed after a
// quarantine.
func TestMissingNode(t *testing.T) {
	w := newWorld(t, Options{}, "n1")
	p := w.pod("p", "n1")
	w.run(time.Second)
	w.store.Delete(nodeNamed(w.store, "n1"), "")
	ghost := w.pod("ghost", "n9")
	w.run(30 * time.Second)
	require.False(t, p.Gone())
	w.run(120 * time.Second)
	require.True(t, p.Gone())
	require.True(t, ghost.Gone())
	require.Equal(t, []record.Deletion{record.Orphaned, record.Orphaned}, w.deletions())
	require.Zero(t, w.c.collector.ended)
}

// Of the pods that have ended the oldest go when there are more than may stay, not
// when there are as many.
func TestTooManyEnded(t *testing.T) {
	cfg := nodelifecycle.DefaultConfig()
	cfg.TerminatedPodGCThreshold = 2
	w := newWorld(t, Options{Config: cfg}, "n1")
	end := func(p *apiserver.Pod) {
		p.Write(apiserver.Everybody, func(next *v1.Pod) { next.Status.Phase = v1.PodSucceeded })
	}
	list := []*apiserver.Pod{w.pod("a", "n1"), w.pod("b", "n1"), w.pod("c", "n1")}
	end(list[0])
	end(list[1])
	w.run(60 * time.Second)
	require.Empty(t, w.deletions())
	end(list[2])
	w.run(120 * time.Second)
	require.Equal(t, []record.Deletion{record.TooManyEnded}, w.deletions())
	require.True(t, list[0].Gone())
	require.Equal(t, 2, w.c.collector.ended)
}
