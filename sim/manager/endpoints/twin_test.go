package endpoints

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// world is a store with the controller. told are the rules of the nodes as they come into
// force.
type world struct {
	apiserver.Kubelets
	*apiserver.Store
	told []string
	// serving are the servers of pods. Of a Service that publishes addresses of pods that
	// are not ready, the proxies know them before the API does.
	serving map[string]int
	serial  int
}

func (w *world) Write(record.Record) error { return nil }

func (w *world) Stop(*apiserver.Pod, time.Duration) {}
func (w *world) Kill(*apiserver.Pod) bool           { return true }
func (w *world) Close(*apiserver.Pod)               {}
func (w *world) Free(*apiserver.Pod)                {}

// Target implements Proxies.
func (w *world) Target(s *v1.Service, p *apiserver.Pod) string {
	o := p.Object()
	if s.Spec.PublishNotReadyAddresses {
		return fmt.Sprint(p.Name(), "/", w.serving[p.Name()])
	}
	return fmt.Sprint(p.Name(), "/", len(o.Status.ContainerStatuses) > 0 && podutil.IsPodReady(o), p.Deleting())
}

// Rules implements Proxies.
func (w *world) Rules(s *v1.Service, targets []string) func(sim.Time) {
	line := fmt.Sprint(s.Name, s.Spec.Ports, targets)
	return func(now sim.Time) { w.told = append(w.told, fmt.Sprint(now, " ", line)) }
}

// rulesOf are what the nodes are told in a random world. forget may leave out what the
// controller should have noted.
func rulesOf(t *testing.T, seed uint64, look bool,
	forget func(c *Controller[string], change apiserver.PodChange)) []string {
	loop, w := sim.NewLoop(), &world{serving: map[string]int{}}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	store, err := apiserver.New(record.NewJournal(loop, sim.NewStreams(seed, 0), 0, start, w), kinds.Builtin())
	require.NoError(t, err)
	store.SetKubelets(w)
	w.Store = store
	c := New(&manager.Parts{Store: store, Server: manager.NewServer(loop, manager.DefaultConfig())}, Options{
		Workers: 2, Latency: 20 * time.Millisecond, Proxy: 5 * time.Millisecond, LookAlways: look,
	}, w)
	store.Watch(c)
	store.WatchPods(c)
	if forget != nil {
		store.WatchPods(watcher(func(change apiserver.PodChange) { forget(c, change) }))
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for at := sim.Time(0); at < sim.Time(20*time.Second); at += sim.Time(r.Int64N(int64(400 * time.Millisecond))) {
		require.NoError(t, loop.RunUntil(context.Background(), at))
		w.step(t, r)
	}
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(30*time.Second)))
	require.NoError(t, store.Err())
	return w.told
}

type watcher func(apiserver.PodChange)

func (w watcher) PodChanged(c apiserver.PodChange) { w(c) }

// step is one thing that happens.
func (w *world) step(t *testing.T, r *rand.Rand) {
	var pods []*apiserver.Pod
	for p := range w.Pods() {
		pods = append(pods, p)
	}
	app := func() map[string]string { return map[string]string{"app": fmt.Sprint("a", r.IntN(2))} }
	if r.IntN(6) == 0 {
		w.edit(t, r, app())
		return
	}
	if len(pods) < 3 || r.IntN(4) == 0 {
		w.serial++
		name := fmt.Sprint("p", w.serial)
		_, err := w.CreatePod(&v1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID(name), Labels: app()},
			Spec:       v1.PodSpec{NodeName: "n"},
		})
		require.NoError(t, err)
		return
	}
	p := pods[r.IntN(len(pods))]
	switch r.IntN(7) {
	case 0:
		p.Delete(apiserver.Why{Reason: record.ScaledDown})
	case 1:
		p.DeleteNow(record.ScaledDown)
	case 2:
		p.Write(apiserver.Everybody, func(next *v1.Pod) { next.Labels = app() })
	case 3:
		w.serving[p.Name()]++ // and nobody writes it
	case 4:
		p.Write(apiserver.Everybody, func(next *v1.Pod) { next.Status.Phase = v1.PodSucceeded })
	default:
		ready := v1.ConditionTrue
		if r.IntN(3) == 0 {
			ready = v1.ConditionFalse
		}
		p.Write(apiserver.Everybody, func(next *v1.Pod) {
			next.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "c"}}
			w.SetCondition(next, v1.PodReady, ready, "", "")
		})
	}
}

// edit makes one of three Services, or another one of it.
func (w *world) edit(t *testing.T, r *rand.Rand, selector map[string]string) {
	o := &v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: fmt.Sprint("s", r.IntN(3))}}
	o.Spec = v1.ServiceSpec{Selector: selector, PublishNotReadyAddresses: r.IntN(3) == 0,
		Ports: []v1.ServicePort{{Port: int32(80 + r.IntN(2))}}}
	if old := w.Get("Service", o.Namespace, o.Name); old != nil {
		o.UID = old.GetUID()
		require.NoError(t, w.Replace(old, o))
		return
	}
	require.NoError(t, w.Create(o, apiserver.Request{}))
}

const twins = 40

// A sync that looks at what was written tells the nodes what one that looks at all pods
// does.
func TestLookingByChange(t *testing.T) {
	for seed := range uint64(twins) {
		want := rulesOf(t, seed, true, nil)
		require.NotEmpty(t, want)
		require.Equal(t, want, rulesOf(t, seed, false, nil), "seed %d", seed)
	}
}

// Each thing that a sync has to look at is missed when it is not noted.
func TestWhatIsNotNotedIsSeen(t *testing.T) {
	unnote := func(c *Controller[string], p *apiserver.Pod) {
		for _, s := range c.states {
			b := &s.behind
			for i := range b.written {
				if b.written[i] == p {
					b.written = append(b.written[:i:i], b.written[i+1:]...)
					delete(b.waiting, p)
					break
				}
			}
		}
	}
	for name, forget := range map[string]func(c *Controller[string], change apiserver.PodChange){
		"a pod that comes": func(c *Controller[string], change apiserver.PodChange) {
			if change.Old == nil {
				unnote(c, change.Pod)
			}
		},
		"a pod that leaves": func(c *Controller[string], change apiserver.PodChange) {
			if change.New == nil {
				unnote(c, change.Pod)
			}
		},
		"a pod that is written": func(c *Controller[string], change apiserver.PodChange) {
			if change.Old != nil && change.New != nil {
				unnote(c, change.Pod)
			}
		},
		"addresses that are not ready": func(c *Controller[string], _ apiserver.PodChange) {
			c.untold = func(*v1.Service) bool { return false }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(twins) {
				if fmt.Sprint(rulesOf(t, seed, true, nil)) != fmt.Sprint(rulesOf(t, seed, false, forget)) {
					return
				}
			}
			require.Fail(t, "the nodes are told the same")
		})
	}
}
