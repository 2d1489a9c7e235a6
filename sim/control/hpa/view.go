package hpa

import (
	"errors"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
)

// View is what the controller sees of one autoscaler. Objects are read-only and
// have gone through the API server's defaulting.
type View struct {
	HPA *autoscalingv2.HorizontalPodAutoscaler
	// Scale is the scale subresource of the target; when it could not be read
	// it is nil and ScaleError says why.
	Scale      *autoscalingv1.Scale
	ScaleError error
	// Pods are those of the namespace that Scale.Status.Selector selects.
	Pods []*v1.Pod
	// Selecting are the autoscalers whose targets select one of these pods,
	// itself included: more than one is an error.
	Selecting []selectors.Key
	Metrics   Metrics
}

// Metrics answers for the metrics APIs, as far as one autoscaler asks them
// (metrics.MetricsClient). Values are in thousandths; of memory, of bytes.
type Metrics interface {
	// Resource is the use of each of the pods; of one container of theirs when
	// it is named.
	Resource(name v1.ResourceName, container string) (metrics.PodMetricsInfo, time.Time, error)
	// Pods is a custom metric of each of the pods.
	Pods(name string, selector labels.Selector) (metrics.PodMetricsInfo, time.Time, error)
	// Object is a custom metric of one object.
	Object(name string, object *autoscalingv2.CrossVersionObjectReference, selector labels.Selector) (int64, time.Time,
		error)
	// External is every series of an external metric.
	External(name string, selector labels.Selector) ([]int64, time.Time, error)
}

// Answers are the Metrics of one sync, which know what they were asked for.
type Answers interface {
	Metrics
	// Stand reports whether who asks for the same now gets the same values.
	Stand() bool
}

// State is what the controller remembers of one autoscaler between two syncs.
// The zero value is that of a new one.
type State struct {
	recommendations []recommendation
	ups, downs      []scaleEvent
}

type recommendation struct {
	replicas int32
	at       time.Time
}

type scaleEvent struct {
	change   int32 // absolute
	at       time.Time
	outdated bool
}

// Event is what the controller tells its users.
type Event struct{ Type, Reason, Message string }

// Decision is the outcome of one sync.
type Decision struct {
	// Current and Desired are spec.replicas of the target before and after;
	// it is written only with Rescale.
	Current, Desired int32
	Rescale          bool
	// Reason is why it is rescaled, as the event tells.
	Reason string
	// Metric names the metric that asked for most.
	Metric string
	Status autoscalingv2.HorizontalPodAutoscalerStatus
	Events []Event
	// Err is what the controller returned: the sync failed or, when Rescale is
	// set, went on with the metrics that were there.
	Err error

	// Proposals is one entry a metric of the spec, for who asks why.
	Proposals []Proposal
	// Recommended is the largest proposal, and Stabilized what recent
	// recommendations leave of it; Desired is that within the limits.
	Recommended, Stabilized int32
}

// Proposal is what one metric asks for.
type Proposal struct {
	Metric   string
	Replicas int32
	// Ratio is use over target. Ready, Unready, Missing and Ignored count pods
	// by how their values were taken; all are 0 for Object and External.
	Ratio                            float64
	Ready, Unready, Missing, Ignored int
	Err                              error
}

func (v *View) validate() error {
	switch {
	case v.HPA == nil:
		return errors.New("hpa: must be set, got nil")
	case v.Scale == nil && v.ScaleError == nil:
		return errors.New("hpa " + v.HPA.Namespace + "/" + v.HPA.Name + ": scale: must be set, got nil")
	case v.Metrics == nil:
		return errors.New("hpa " + v.HPA.Namespace + "/" + v.HPA.Name + ": metrics: must be set, got nil")
	}
	return validateSpec(v.HPA)
}
