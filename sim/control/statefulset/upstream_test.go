package statefulset

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/controller/statefulset"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// bubble is the clock of a synctest bubble.
type bubble struct{}

func (bubble) now() time.Time                     { return time.Now() }
func (bubble) after(d time.Duration, fire func()) { time.AfterFunc(d, fire) }

// watcher is one open watch.
type watcher struct {
	events chan watch.Event
	once   sync.Once
}

func (w *watcher) Stop()                          { w.once.Do(func() { close(w.events) }) }
func (w *watcher) ResultChan() <-chan watch.Event { return w.events }

// real is a world in which upstream's controller works, with its informers and
// its queue. It lives in a synctest bubble.
type real struct {
	*world
	watchers map[string]*watcher
}

// immediately is a rate limiter: a sync that upstream repeats since its caches
// lag behind its writes waits for nothing but them, as time goes on in a bubble
// only when all else is done. Logs don't show so short a time.
type immediately struct{}

func (immediately) When(string) time.Duration { return time.Nanosecond }
func (immediately) Forget(string)             {}
func (immediately) NumRequeues(string) int    { return 0 }

// startReal runs the controller until stop is called.
func startReal(t *testing.T, seed uint64) (r *real, stop func()) {
	r = &real{world: newWorld(seed, bubble{}), watchers: map[string]*watcher{}}
	r.changed = func(resource string, event watch.EventType, o object) {
		if w := r.watchers[resource]; w != nil {
			w.events <- watch.Event{Type: event, Object: o.DeepCopyObject()}
		}
	}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", r.react)
	client.AddWatchReactor("*", func(action clienttesting.Action) (bool, watch.Interface, error) {
		w := &watcher{events: make(chan watch.Event, 10_000)}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.watchers[action.GetResource().Resource] = w
		return true, w, nil
	})
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	factory := informers.NewSharedInformerFactory(client, 0)
	a, c := factory.Apps().V1(), factory.Core().V1()
	ssc := upstream.NewStatefulSetController(ctx, c.Pods(), a.StatefulSets(), c.PersistentVolumeClaims(),
		a.ControllerRevisions(), client)
	drive.Get[workqueue.TypedRateLimitingInterface[string]](ssc, "queue").ShutDown()
	drive.Set(ssc, "queue", workqueue.NewTypedRateLimitingQueueWithConfig[string](immediately{},
		workqueue.TypedRateLimitingQueueConfig[string]{}))
	factory.Start(ctx.Done())
	var done sync.WaitGroup
	done.Go(func() { ssc.Run(ctx, 1) })
	return r, func() {
		cancel()
		done.Wait()
		factory.Shutdown()
	}
}

// react answers the controller's and its informers' requests.
func (r *real) react(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := action.GetResource().Resource
	if resource == "events" {
		return true, &v1.Event{}, nil
	}
	switch a := action.(type) {
	case clienttesting.ListAction:
		return true, r.listed(resource), nil
	case clienttesting.DeleteAction:
		return true, nil, r.delete(resource, a.GetName())
	case clienttesting.UpdateAction: // which a creation looks like, too
		o := a.GetObject().(object)
		if action.GetVerb() == "create" {
			return answer(r.create(resource, o))
		}
		return answer(r.update(resource, o, action.GetSubresource() == "status"))
	case clienttesting.GetAction:
		r.mu.Lock()
		defer r.mu.Unlock()
		if o := r.objects[resource][a.GetName()]; o != nil {
			return true, o.DeepCopyObject(), nil
		}
		return true, nil, notFound(resource, a.GetName())
	}
	panic("upstream asks for " + action.GetVerb() + " of " + resource)
}

func answer(o object, err error) (bool, runtime.Object, error) {
	if err != nil {
		return true, nil, err
	}
	return true, o, nil
}

func (r *real) listed(resource string) runtime.Object {
	switch resource {
	case setsResource:
		l := &apps.StatefulSetList{}
		l.ResourceVersion = "1"
		return l
	case podsResource:
		l := &v1.PodList{}
		l.ResourceVersion = "1"
		return l
	case revisionsResource:
		l := &apps.ControllerRevisionList{}
		l.ResourceVersion = "1"
		return l
	}
	l := &v1.PersistentVolumeClaimList{}
	l.ResourceVersion = "1"
	return l
}

// tell plays one story with upstream's controller and returns its log.
func tellReal(t *testing.T, seed uint64) []string {
	r, stop := startReal(t, seed)
	time.Sleep(prelude) // until the informers watch
	_, err := r.create(setsResource, r.randomSet())
	require.NoError(t, err)
	time.Sleep(r.play())
	r.observe()
	stop()
	return r.log
}
