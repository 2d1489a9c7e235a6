package autoscaling

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// noMetrics has no answers: a size that is out of bounds is mended without.
type noMetrics struct{}

func (noMetrics) Asked(sim.Time, string, []*apiserver.Pod) hpa.Answers { return unasked{} }

type unasked struct{ hpa.Answers }

// world is a store with the controller. told is what it wrote, with the time.
type world struct {
	*Controller
	told []string
}

func (w *world) Write(r record.Record) error {
	if r, is := r.(record.Scaled); is {
		w.told = append(w.told, fmt.Sprintf("%s scaled %d to %d", r.T, r.From, r.To))
	}
	return nil
}

func (w *world) Changed(c apiserver.Change) {
	if o, is := c.New.(*autoscalingv2.HorizontalPodAutoscaler); is && c.Status {
		generation, desired := *o.Status.ObservedGeneration, o.Status.DesiredReplicas
		w.told = append(w.told, fmt.Sprintf("%s status of generation %d: %d", w.At().T, generation, desired))
	}
}

// newWorld has a Deployment of one replica and its autoscaler. A sync waits 50 ms
// for the answers, and a write takes 6 ms.
func newWorld(t *testing.T) *world {
	loop, w := sim.NewLoop(), &world{}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	store, err := apiserver.New(record.NewJournal(loop, sim.NewStreams(1, 0), 0, start, w), kinds.Builtin())
	require.NoError(t, err)
	store.SetStrategy("HorizontalPodAutoscaler", Strategy{})
	w.Controller = New(&manager.Parts{Store: store, Server: manager.NewServer(loop, manager.DefaultConfig())}, noMetrics{},
		Options{
			Workers: 1, Latency: 10 * time.Millisecond, Answers: 50 * time.Millisecond,
		})
	store.Watch(w.Controller)
	store.Watch(w)
	one := int32(1)
	require.NoError(t, store.Create(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
	}, apiserver.Request{}))
	require.NoError(t, store.Create(autoscaler(3), apiserver.Request{}))
	return w
}

func autoscaler(least int32) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MinReplicas:    &least, MaxReplicas: 9,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ExternalMetricSourceType,
				External: &autoscalingv2.ExternalMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "queue"},
					Target: autoscalingv2.MetricTarget{
						Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(1, resource.DecimalSI),
					},
				},
			}},
		},
	}
}

// raiseAt raises the minimum to 5 and goes on to 10 s.
func (w *world) raiseAt(t *testing.T, d time.Duration) []string {
	require.NoError(t, w.Loop.RunUntil(context.Background(), sim.Time(d)))
	old := w.Get("HorizontalPodAutoscaler", "team", "web")
	next := autoscaler(5)
	next.UID = old.GetUID()
	require.NoError(t, w.Replace(old, next))
	require.NoError(t, w.Loop.RunUntil(context.Background(), sim.Time(10*time.Second)))
	require.NoError(t, w.Err())
	return w.told
}

// A sync goes by the autoscaler as it was at the look. One that somebody changes
// before the status is written is a conflict: the status is never stored, and the
// change is looked at as soon as the sync is over.
func TestAChangeBetweenLookAndWrite(t *testing.T) {
	told := newWorld(t).raiseAt(t, 20*time.Millisecond)
	require.Equal(t, []string{
		"0.06s scaled 1 to 3",
		"0.132s scaled 3 to 5", "0.143s status of generation 2: 5",
	}, told)
}

// A change after the write is none.
func TestAChangeAfterTheWrite(t *testing.T) {
	told := newWorld(t).raiseAt(t, 300*time.Millisecond)
	require.Equal(t, []string{
		"0.06s scaled 1 to 3", "0.071s status of generation 1: 3",
		"0.36s scaled 3 to 5", "0.371s status of generation 2: 5",
	}, told)
}
