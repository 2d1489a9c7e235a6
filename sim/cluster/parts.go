package cluster

import (
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kubectl"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/metrics"
	"github.com/kube-rehearse/rehearse/sim/serving"
)

// The parts of a Spec belong to the rooms that act on them. Here are their names,
// so that who describes a run needs this package alone.
type (
	// ObjectRef names an object.
	ObjectRef = apiserver.Ref
	// Extension adds kinds that Kubernetes does not have.
	Extension = manager.Extension

	// Workload says how the containers of some pods behave, Pods which pods they are,
	// Queue which messages they pull.
	Workload   = serving.Workload
	Pods       = serving.Pods
	IndexRange = serving.IndexRange
	Revision   = serving.Revision
	Queue      = serving.Queue

	// Metric is a custom or external metric; the others are its parts.
	Metric       = metrics.Metric
	MetricSource = metrics.MetricSource
	Exposed      = metrics.Exposed
	Given        = metrics.Given
	Values       = metrics.Values
	Measure      = metrics.Measure
	Aggregation  = metrics.Aggregation
	Monitoring   = metrics.Monitoring

	// Step is one action of the timeline; the others are the actions.
	Step         = kubectl.Step
	Action       = kubectl.Action
	Apply        = kubectl.Apply
	Delete       = kubectl.Delete
	Scale        = kubectl.Scale
	SetImage     = kubectl.SetImage
	SetResources = kubectl.SetResources
	SetMetric    = kubectl.SetMetric
	Rollout      = kubectl.Rollout
	RolloutVerb  = kubectl.RolloutVerb
	Cordon       = kubectl.Cordon
	Drain        = kubectl.Drain
	Taint        = kubectl.Taint
	NodeFail     = kubectl.NodeFail
	NodeShutdown = kubectl.NodeShutdown
	NodeRecover  = kubectl.NodeRecover
	NodeAdd      = kubectl.NodeAdd
	NodeRemove   = kubectl.NodeRemove
	PodKill      = kubectl.PodKill
)

// Revisions of a pod's template.
const (
	OldRevision = serving.OldRevision
	NewRevision = serving.NewRevision
)

// The verbs of kubectl rollout.
const (
	Undo    = kubectl.Undo
	Restart = kubectl.Restart
	Pause   = kubectl.Pause
	Resume  = kubectl.Resume
)

// What containers expose, and how several values become one.
const (
	InFlight       = metrics.InFlight
	Queued         = metrics.Queued
	Requests       = metrics.Requests
	Latency        = metrics.Latency
	CPUThrottled   = metrics.CPUThrottled
	Sessions       = metrics.Sessions
	ModelRunning   = metrics.ModelRunning
	ModelWaiting   = metrics.ModelWaiting
	KVCacheUsage   = metrics.KVCacheUsage
	Messages       = metrics.Messages
	Unacknowledged = metrics.Unacknowledged

	Sum    = metrics.Sum
	Single = metrics.Single
	Avg    = metrics.Avg
	Max    = metrics.Max
)

// QueueKey and ExternalKey are the keys of message queues, and of what lies outside
// the cluster, among the keys of Services.
func QueueKey(name string) string { return serving.QueueKey(name) }

// ExternalKey is QueueKey of what containers call outside the cluster.
func ExternalKey(name string) string { return serving.ExternalKey(name) }

// DefaultMonitoring is what Prometheus and its adapter are shipped with.
func DefaultMonitoring() Monitoring { return metrics.DefaultMonitoring() }
