package manager

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Parts is what a controller of a run works with.
type Parts struct {
	*apiserver.Store
	// Server makes clients and queues.
	Server *Server
	// Metrics answers for custom and external metrics.
	Metrics Metrics
	// OperatorTime is how long the operator of an extension takes from a change of
	// its objects to what it does about it.
	OperatorTime time.Duration
}

// Metrics are values as the monitoring of the cluster has them.
type Metrics interface {
	// Value is the value of a metric of a namespace at an instant: the sum over all
	// its series. set says that a step gave it. series is how many there are, 1 where
	// they become one.
	Value(now sim.Time, namespace, name string) (value float64, set bool, series int)
	// Messages are those of a queue that no pod works on, and those that pods work
	// on; known is false when there is no queue of that name.
	Messages(queue string) (waiting, unacknowledged int64, known bool)
	// External lets an extension answer autoscalers that ask for external metrics,
	// before Prometheus does. Several are asked in the order of the calls.
	External(answer ExternalAnswer)
}

// ExternalAnswer is the value of an external metric in thousandths. answered is
// false when the metric is not the extension's; err is its answer, too.
type ExternalAnswer = func(now sim.Time, namespace, name string, selector labels.Selector) (
	milli int64, answered bool, err error,
)

// Component is a part of the control plane with a life of its own.
type Component interface {
	// Start begins it, when the objects of time 0 are there. horizon is the end of
	// the run.
	Start(horizon sim.Time)
	// Close writes what is only known at the end.
	Close(now sim.Time)
}

// Extension adds kinds that Kubernetes does not have, and what looks after them.
type Extension struct {
	Kinds []kinds.Kind
	// New makes its component. One that is an apiserver.Watcher or PodWatcher is told
	// of changes, after Kubernetes' own controllers.
	New func(*Parts) (Component, error)
}
