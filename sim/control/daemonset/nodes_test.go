package daemonset

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/daemon"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// woken runs upstream's controller with its informers and queues, but for its
// sync, of which it only counts the calls. It lives in a synctest bubble.
type woken struct {
	client *fake.Clientset
	times  []time.Time
	stop   func()
}

func startWoken(t *testing.T) *woken {
	k := &woken{client: fake.NewClientset()}
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), quiet))
	f := informers.NewSharedInformerFactory(k.client, 0)
	a, c := f.Apps().V1(), f.Core().V1()
	dsc, err := daemon.NewDaemonSetsController(ctx, a.DaemonSets(), a.ControllerRevisions(), c.Pods(), c.Nodes(), k.client,
		flowcontrol.NewBackOff(time.Second, 15*time.Minute))
	require.NoError(t, err)
	drive.Set(dsc, "syncHandler", func(context.Context, string) error {
		k.times = append(k.times, time.Now())
		return nil
	})
	f.Start(ctx.Done())
	var done sync.WaitGroup
	done.Go(func() { dsc.Run(ctx, 1) })
	k.stop = func() {
		cancel()
		done.Wait()
		f.Shutdown()
	}
	settle()
	return k
}

func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// TestNodeConcernsAsUpstream lets nodes come and change before a DaemonSet that
// has a pod on them or not, and has misplaced pods or not.
func TestNodeConcernsAsUpstream(t *testing.T) {
	wakes := map[bool]int{}
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			k := startWoken(t)
			ds := agent()
			ds.Spec.Template.Spec.NodeSelector = []map[string]string{nil, {"pool": "a"}}[r.IntN(2)]
			ds.Status.NumberMisscheduled = r.Int32N(3) / 2
			_, err := k.client.AppsV1().DaemonSets("default").Create(t.Context(), ds, metav1.CreateOptions{})
			require.NoError(t, err)
			scheduled := r.IntN(2) == 0
			if scheduled {
				pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "p",
					OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ds, kind)}}}
				pod.Spec.NodeName = "n"
				_, err := k.client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
				require.NoError(t, err)
			}
			settle()
			var old *v1.Node
			for range 6 {
				node := &v1.Node{ObjectMeta: metav1.ObjectMeta{
					Name: "n", Labels: map[string]string{"pool": []string{"a", "b"}[r.IntN(2)]}}}
				node.Spec.PodCIDR = []string{"", "10.0.0.0/24"}[r.IntN(2)] // nothing that matters
				if r.IntN(2) == 0 {
					node.Spec.Taints = []v1.Taint{taints[r.IntN(len(taints))]}
				}
				k.times = nil
				if old == nil {
					_, err = k.client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{})
				} else {
					_, err = k.client.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{})
				}
				require.NoError(t, err)
				settle()
				want := NodeConcerns(ds, old, node, scheduled)
				require.Equal(t, want, len(k.times) > 0, "seed %d: %v -> %v", seed, old, node)
				wakes[want]++
				old = node
			}
			k.times = nil
			require.NoError(t, k.client.CoreV1().Nodes().Delete(t.Context(), "n", metav1.DeleteOptions{}))
			settle()
			require.Empty(t, k.times, "a node that goes wakes nobody")
			k.stop()
		})
	}
	require.Greater(t, min(wakes[true], wakes[false]), 80)
}

// TestAfterReadyAsUpstream: the controller looks again a second after a pod
// that got ready is available.
func TestAfterReadyAsUpstream(t *testing.T) {
	for _, seconds := range []int32{0, 1, 7} {
		synctest.Test(t, func(t *testing.T) {
			k := startWoken(t)
			ds := agent()
			ds.Spec.MinReadySeconds = seconds
			_, err := k.client.AppsV1().DaemonSets("default").Create(t.Context(), ds, metav1.CreateOptions{})
			require.NoError(t, err)
			pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "p", ResourceVersion: "1",
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ds, kind)}}}
			pod, err = k.client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
			require.NoError(t, err)
			settle()
			k.times = nil
			pod = pod.DeepCopy()
			pod.ResourceVersion = "2"
			pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}}
			_, err = k.client.CoreV1().Pods("default").UpdateStatus(t.Context(), pod, metav1.UpdateOptions{})
			require.NoError(t, err)
			ready := time.Now()
			time.Sleep(time.Minute)
			want := []time.Duration{0}
			if after := AfterReady(seconds); after > 0 {
				want = append(want, after)
			}
			var got []time.Duration
			for _, at := range k.times {
				got = append(got, at.Sub(ready))
			}
			require.Equal(t, want, got)
			k.stop()
		})
	}
}
