package hpa

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/scale"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	consistencyutil "k8s.io/kubernetes/pkg/controller/util/consistency"
	"k8s.io/kubernetes/pkg/controller/util/selectors"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// handled is the last error that a controller returned.
var handled error

func TestMain(m *testing.M) {
	drive.Quiet(func(_ context.Context, err error, _ string, _ ...any) { handled = err })
	os.Exit(m.Run())
}

// upstream is the real controller in a synctest bubble, whose caches are filled
// by hand and which syncs when it is told to.
type upstream struct {
	t          *testing.T
	informers  informers.SharedInformerFactory
	controller *podautoscaler.HorizontalController
	view       View

	onGet    func()
	rescaled *int32
	status   *autoscalingv2.HorizontalPodAutoscalerStatus
	events   []Event
}

func newUpstream(t *testing.T, cfg Config) *upstream {
	u := &upstream{t: t, onGet: func() {}}
	client := &fake.Clientset{}
	client.AddReactor("update", "horizontalpodautoscalers", func(a clienttesting.Action) (bool, runtime.Object, error) {
		o := a.(clienttesting.UpdateAction).GetObject().(*autoscalingv2.HorizontalPodAutoscaler)
		u.status = o.Status.DeepCopy()
		return true, o, nil
	})
	u.informers = informers.NewSharedInformerFactory(client, 0)
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
	ctx, cancel := context.WithCancel(t.Context())
	u.controller = podautoscaler.NewHorizontalController(ctx, client.CoreV1(), scales{u}, client.AutoscalingV2(), mapper,
		given{u},
		u.informers.Autoscaling().V2().HorizontalPodAutoscalers(), u.informers.Core().V1().Pods(),
		cfg.SyncPeriod, cfg.DownscaleStabilization, cfg.Tolerance, cfg.CPUInitializationPeriod, cfg.InitialReadinessDelay)
	cancel() // ends the event broadcaster
	drive.Get[workqueue.TypedRateLimitingInterface[string]](u.controller, "queue").ShutDown()
	drive.Set(u.controller, "eventRecorder", drive.Events(func(_ runtime.Object, kind, reason, message string) {
		u.events = append(u.events, Event{kind, reason, message})
	}))
	drive.Set(u.controller, "consistencyStore", consistencyutil.NewNoopConsistencyStore())
	synced := cache.InformerSynced(func() bool { return true })
	drive.Set(u.controller, "hpaListerSynced", synced)
	drive.Set(u.controller, "podListerSynced", synced)
	return u
}

// sync lets the controller reconcile the autoscaler of the view once.
func (u *upstream) sync(v View) error {
	u.view, u.rescaled, u.status, u.events, handled = v, nil, nil, nil, nil
	hpas := u.informers.Autoscaling().V2().HorizontalPodAutoscalers().Informer().GetIndexer()
	pods := u.informers.Core().V1().Pods().Informer().GetIndexer()
	require.NoError(u.t, hpas.Replace([]any{v.HPA}, ""))
	list := make([]any, len(v.Pods))
	for i := range v.Pods {
		list[i] = v.Pods[i]
	}
	require.NoError(u.t, pods.Replace(list, ""))
	tracker := drive.Field(u.controller, "selectorTracker").Interface().(interface {
		PutIfAbsent(string, selectors.Key, labels.Selector) bool
	})
	for _, k := range v.Selecting {
		selector := labels.Nothing()
		if k.Name != v.HPA.Name {
			selector = labels.Everything()
		}
		tracker.PutIfAbsent(k.Namespace, k, selector)
	}
	drive.Set(u.controller, "queue", &once{key: v.HPA.Namespace + "/" + v.HPA.Name})
	ctx, cancel := context.WithCancel(klog.NewContext(u.t.Context(), klog.Logger{}))
	done := make(chan struct{})
	go func() {
		u.controller.Run(ctx, 1)
		close(done)
	}()
	time.Sleep(500 * time.Millisecond)
	cancel()
	<-done
	return handled
}

// once is a work queue with one item.
type once struct {
	workqueue.TypedRateLimitingInterface[string]
	key  string
	done bool
}

func (q *once) Get() (string, bool) {
	if q.done {
		return "", true
	}
	q.done = true
	return q.key, false
}
func (*once) Done(string)           {}
func (*once) AddRateLimited(string) {}
func (*once) ShutDown()             {}

// scales is the scale subresource of the target.
type scales struct{ u *upstream }

func (s scales) Scales(string) scale.ScaleInterface { return s }

func (s scales) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	s.u.onGet()
	if s.u.view.ScaleError != nil {
		return nil, s.u.view.ScaleError
	}
	return s.u.view.Scale.DeepCopy(), nil
}

func (s scales) Update(_ context.Context, _ schema.GroupResource, next *autoscalingv1.Scale, _ metav1.UpdateOptions) (
	*autoscalingv1.Scale, error) {
	s.u.rescaled = &next.Spec.Replicas
	return next, nil
}

func (scales) Patch(context.Context, schema.GroupVersionResource, string, types.PatchType, []byte,
	metav1.PatchOptions) (*autoscalingv1.Scale, error) {
	return nil, errors.New("not used")
}

// given is the metrics of the view as upstream asks for them.
type given struct{ u *upstream }

func (g given) GetResourceMetric(_ context.Context, name v1.ResourceName, _ string, _ labels.Selector,
	container string) (metrics.PodMetricsInfo, time.Time, error) {
	return g.u.view.Metrics.Resource(name, container)
}
func (g given) GetRawMetric(name, _ string, _, selector labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return g.u.view.Metrics.Pods(name, selector)
}
func (g given) GetObjectMetric(name, _ string, o *autoscalingv2.CrossVersionObjectReference, selector labels.Selector) (
	int64, time.Time, error) {
	return g.u.view.Metrics.Object(name, o, selector)
}
func (g given) GetExternalMetric(name, _ string, selector labels.Selector) ([]int64, time.Time, error) {
	return g.u.view.Metrics.External(name, selector)
}
