package nodelifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/controller/nodelifecycle"
	"k8s.io/kubernetes/pkg/controller/tainteviction"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	os.Exit(m.Run())
}

// monitorOffset keeps the monitor's period apart from that of the taints:
// which of the two comes first at one instant is chance.
const monitorOffset = 50 * time.Millisecond

// evictionOffset does the same for the two controllers that a pod's change
// wakes: the second of their writes at one instant would be a conflict.
const evictionOffset = 10 * time.Microsecond

// playUpstream runs a history with the real controllers.
func playUpstream(t *testing.T, h *history) (log []string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.start, w.now = time.Now(), time.Now
		w.after = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
		ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
		run := newUpstream(t, ctx, w, h.cfg)
		var wg sync.WaitGroup
		wg.Go(func() { run(ctx) })
		for _, s := range h.steps {
			time.Sleep(time.Until(w.start.Add(s.at)))
			s.do(w)
		}
		time.Sleep(time.Until(w.start.Add(length)))
		synctest.Wait()
		log = w.log()
		cancel()
		wg.Wait()
		time.Sleep(time.Hour) // whatever is still under way
	})
	return log
}

// newUpstream connects the real controllers to a world. Their caches are filled
// by hand.
func newUpstream(t *testing.T, ctx context.Context, w *world, cfg Config) (run func(context.Context)) {
	client := &fake.Clientset{}
	client.AddReactor("*", "*", w.react)
	f := informers.NewSharedInformerFactory(client, 0)
	core, leases := f.Core().V1(), f.Coordination().V1().Leases()
	nc, err := upstream.NewNodeLifecycleController(ctx, leases, core.Pods(), core.Nodes(), f.Apps().V1().DaemonSets(),
		client,
		cfg.NodeMonitorPeriod, cfg.NodeStartupGracePeriod, cfg.NodeMonitorGracePeriod, cfg.NodeEvictionRate,
		cfg.SecondaryNodeEvictionRate,
		cfg.LargeClusterSizeThreshold, cfg.UnhealthyZoneThreshold)
	require.NoError(t, err)
	tm, err := tainteviction.New(ctx, client, core.Pods(), core.Nodes(), "taint-eviction-controller")
	require.NoError(t, err)
	for _, name := range []string{"leaseInformerSynced", "nodeInformerSynced", "podInformerSynced",
		"daemonSetInformerSynced"} {
		drive.Set(nc, name, cache.InformerSynced(func() bool { return true }))
	}
	drive.Set(tm, "podListerSynced", cache.InformerSynced(func() bool { return true }))
	drive.Set(tm, "nodeListerSynced", cache.InformerSynced(func() bool { return true }))
	drive.Set(nc, "nodeUpdateWorkerSize", 1) // in the order of names
	drive.Set(nc, "nodeLister", corelisters.NodeLister(&slowStart{NodeLister: core.Nodes().Lister()}))
	drive.Set(nc, "recorder", drive.Events(w.told))
	drive.Set(tm, "recorder", drive.Events(w.told))
	nodes := drive.Get[workqueue.TypedInterface[string]](nc, "nodeUpdateQueue")
	pods := drive.Field(nc, "podUpdateQueue")
	w.deliver = func(before, after runtime.Object) {
		o := after
		if o == nil {
			o = before
		}
		informer := map[string]cache.SharedIndexInformer{"*v1.Node": core.Nodes().Informer(),
			"*v1.Pod": core.Pods().Informer()}[fmt.Sprintf("%T", o)]
		if _, lease := o.(*coordv1.Lease); lease {
			informer = leases.Informer()
		}
		if after == nil {
			err = informer.GetIndexer().Delete(before)
		} else {
			err = informer.GetIndexer().Update(after)
		}
		if err != nil {
			panic(err)
		}
		switch o.(type) {
		case *v1.Node:
			b, _ := before.(*v1.Node)
			a, _ := after.(*v1.Node)
			tm.NodeUpdated(b, a)
			if a != nil {
				nodes.Add(a.Name)
			}
		case *v1.Pod:
			b, _ := before.(*v1.Pod)
			a, _ := after.(*v1.Pod)
			w.after(evictionOffset, func() { tm.PodUpdated(b, a) })
			if a != nil && a.Spec.NodeName != "" && (b == nil || b.Spec.NodeName != a.Spec.NodeName) {
				item := reflect.New(pods.Elem().MethodByName("Add").Type().In(0)).Elem()
				text(item, "namespace", a.Namespace)
				text(item, "name", a.Name)
				pods.MethodByName("Add").Call([]reflect.Value{item})
			}
		}
	}
	return func(ctx context.Context) {
		var wg sync.WaitGroup
		wg.Go(func() { nc.Run(ctx) })
		wg.Go(func() { tm.Run(ctx) })
		wg.Wait()
	}
}

func text(of reflect.Value, name, to string) {
	v := of.FieldByName(name)
	reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().SetString(to)
}

// slowStart lists nodes by name, the first time after a while: only the monitor
// asks for the list.
type slowStart struct {
	corelisters.NodeLister
	once sync.Once
}

func (s *slowStart) List(selector labels.Selector) ([]*v1.Node, error) {
	s.once.Do(func() { time.Sleep(monitorOffset) })
	list, err := s.NodeLister.List(selector)
	slices.SortFunc(list, func(a, b *v1.Node) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

// react is the API server, with optimistic concurrency.
func (w *world) react(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := action.GetResource()
	kind := strings.TrimSuffix(resource.Resource, "s")
	missing := func(name string) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewNotFound(resource.GroupResource(), name)
	}
	stale := func(o runtime.Object, version string) error {
		if m, _ := meta.Accessor(o); version != "" && m.GetResourceVersion() != version {
			return apierrors.NewConflict(resource.GroupResource(), m.GetName(), nil)
		}
		return nil
	}
	switch action.GetVerb() {
	case "get":
		a := action.(clienttesting.GetAction)
		if o := w.get(kind + "/" + a.GetName()); o != nil {
			return true, o, nil
		}
		return missing(a.GetName())
	case "delete":
		a := action.(clienttesting.DeleteAction)
		if w.pod(a.GetName()) == nil {
			return missing(a.GetName())
		}
		w.deletePod(a.GetName())
		return true, nil, nil
	case "patch":
		a := action.(clienttesting.PatchAction)
		o := w.get(kind + "/" + a.GetName())
		if o == nil {
			return missing(a.GetName())
		}
		var patch struct {
			Metadata struct{ ResourceVersion string }
		}
		old, _ := json.Marshal(o)
		merged, err := strategicpatch.StrategicMergePatch(old, a.GetPatch(), o)
		if err == nil {
			err = json.Unmarshal(a.GetPatch(), &patch)
		}
		fresh := reflect.New(reflect.TypeOf(o).Elem()).Interface().(runtime.Object)
		if err == nil {
			err = json.Unmarshal(merged, fresh)
		}
		if err == nil {
			err = stale(o, patch.Metadata.ResourceVersion)
		}
		if err != nil {
			return true, nil, err
		}
		return true, w.put(fresh, true), nil
	case "update":
		a := action.(clienttesting.UpdateAction)
		m, _ := meta.Accessor(a.GetObject())
		o := w.get(keyOf(a.GetObject()))
		if o == nil {
			return missing(m.GetName())
		}
		if err := stale(o, m.GetResourceVersion()); err != nil {
			return true, nil, err
		}
		switch fresh := a.GetObject().(type) {
		case *v1.Node:
			o.(*v1.Node).Status = fresh.Status
		case *v1.Pod:
			o.(*v1.Pod).Status = fresh.Status
		}
		return true, w.put(o, true), nil
	}
	panic(fmt.Sprintf("%s %s", action.GetVerb(), resource.Resource))
}

// told keeps an event in the log.
func (w *world) told(o runtime.Object, eventType, reason, message string) {
	switch o := o.(type) {
	case *v1.ObjectReference:
		w.event(o.Kind, o.Namespace, o.Name, eventType, reason, message)
	case *v1.Pod:
		w.event("Pod", o.Namespace, o.Name, eventType, reason, message)
	default:
		panic(fmt.Sprintf("an event about a %T", o))
	}
}
