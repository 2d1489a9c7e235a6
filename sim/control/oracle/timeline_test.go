package oracle

import (
	"bytes"
	"encoding/json"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/report/truth"
)

// recorder writes watch events down in the form that recordings of a real
// cluster have.
type recorder struct {
	out   bytes.Buffer
	start time.Time
}

type recordedCondition struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// recorded is a flat watch event (docs/truth.md).
type recorded struct {
	Rel               float64                      `json:"rel"`
	Type              watch.EventType              `json:"type"`
	Kind              string                       `json:"kind,omitempty"`
	Namespace         string                       `json:"ns,omitempty"`
	Name              string                       `json:"name,omitempty"`
	UID               string                       `json:"uid,omitempty"`
	Owner             string                       `json:"owner,omitempty"`
	Labels            map[string]string            `json:"labels,omitempty"`
	Node              string                       `json:"node,omitempty"`
	DeletionTimestamp string                       `json:"deletionTimestamp,omitempty"`
	Replicas          *int32                       `json:"replicas,omitempty"`
	Conditions        map[string]recordedCondition `json:"conditions,omitempty"`
	Status            map[string]int32             `json:"status,omitempty"`
}

func (r *recorder) watch(s *server) {
	s.observers = append(s.observers, func(c *change) {
		o := c.object()
		m := accessor(o)
		e := recorded{Rel: time.Since(r.start).Seconds(), Type: c.kind, Kind: o.GetObjectKind().GroupVersionKind().Kind,
			Namespace: m.GetNamespace(), Name: m.GetName(), UID: string(m.GetUID()), Labels: m.GetLabels()}
		if ref := metav1.GetControllerOf(m); ref != nil {
			e.Owner = ref.Kind + "/" + ref.Name
		}
		if t := m.GetDeletionTimestamp(); t != nil {
			e.DeletionTimestamp = t.Format(time.RFC3339)
		}
		switch o := o.(type) {
		case *apps.Deployment:
			e.Replicas = o.Spec.Replicas
			e.Conditions = map[string]recordedCondition{}
			for _, c := range o.Status.Conditions {
				e.Conditions[string(c.Type)] = recordedCondition{string(c.Status), c.Reason}
			}
		case *apps.ReplicaSet:
			e.Replicas = o.Spec.Replicas
		case *apps.StatefulSet:
			e.Replicas = o.Spec.Replicas
		case *apps.DaemonSet, *batch.CronJob: // whose size its nodes and its times give
		case *batch.Job:
			e.Conditions = map[string]recordedCondition{}
			for _, c := range o.Status.Conditions {
				e.Conditions[string(c.Type)] = recordedCondition{Status: string(c.Status)}
			}
		case *autoscalingv2.HorizontalPodAutoscaler:
			e.Status = map[string]int32{"desiredReplicas": o.Status.DesiredReplicas}
		case *v1.Pod:
			e.Node = o.Spec.NodeName
			if podutil.IsPodReady(o) {
				e.Conditions = map[string]recordedCondition{"Ready": {Status: "True"}}
			}
		default:
			return
		}
		r.write(e)
	})
}

// mark writes down an action of the timeline.
func (r *recorder) mark(text string) {
	r.write(recorded{Rel: time.Since(r.start).Seconds(), Type: "MARK", Name: text})
}

func (r *recorder) write(e recorded) {
	if err := json.NewEncoder(&r.out).Encode(e); err != nil {
		panic(err)
	}
}

func (r *recorder) timeline() (*truth.Timeline, error) {
	return truth.ReadRecording("oracle", &r.out)
}
