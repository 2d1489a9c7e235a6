package record

import "github.com/kube-rehearse/rehearse/sim"

// PodCreated is a pod accepted by the API server. Pod is "namespace/name".
type PodCreated struct {
	At
	Pod      string    `json:"pod"`
	Owner    string    `json:"owner"`              // key of the workload
	Revision string    `json:"revision,omitempty"` // pod-template-hash, or ControllerRevision
	For      string    `json:"for,omitempty"`      // the node that a pod of a DaemonSet is for
	Requests Resources `json:"requests"`
	// MemoryLimit is the sum of the limits that its containers have, Unlimited
	// counts those without.
	MemoryLimit int64  `json:"memoryLimit,omitempty"`
	Unlimited   int    `json:"unlimited,omitempty"`
	QOSClass    string `json:"qosClass,omitempty"`
	// Claims are the claims of its volumes, as namespace/name.
	Claims []string `json:"claims,omitempty"`
}

// PodUnschedulable is a failed scheduling attempt; repeated only when the
// message changes. Reason is Unschedulable, SchedulerError, SchedulingGated or
// NoProfile, Message is the scheduler's own.
type PodUnschedulable struct {
	At
	Pod       string `json:"pod"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	Nominated string `json:"nominated,omitempty"`
	// NoDevices says that no machine has the devices that it claims, were they all free.
	NoDevices bool `json:"noDevices,omitempty"`
}

// PodScheduled is a binding.
type PodScheduled struct {
	At
	Pod  string `json:"pod"`
	Node string `json:"node"`
}

// ContainerWaiting is a container that can't run now: ContainerCreating,
// CrashLoopBackOff, CreateContainerConfigError, ErrImagePull, ImagePullBackOff,
// PodInitializing.
type ContainerWaiting struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Reason    string `json:"reason"`
	Message   string `json:"message,omitempty"`
	// Until is when a CrashLoopBackOff ends, Exit the exit that it counts from: the
	// newest that the sync knew.
	Until sim.Time `json:"until,omitempty"`
	Exit  sim.Time `json:"exit,omitempty"`
}

// ImagePulled is the end of a pull. Wait is the time in the node's queue.
type ImagePulled struct {
	At
	Pod   string   `json:"pod"`
	Node  string   `json:"node"`
	Image string   `json:"image"`
	Bytes int64    `json:"bytes"`
	Wait  sim.Time `json:"wait"`
	Took  sim.Time `json:"took"`
}

// ContainerStarted is a process start. Restarts counts from 0.
type ContainerStarted struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Restarts  int32  `json:"restarts"`
}

// ContainerServing is the moment when the process begins to listen, after
// Start and model load.
type ContainerServing struct {
	At
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Took      sim.Time `json:"took"` // since the process start
}

// ContainerExited is the end of a process. Reason is OOMKilled, Error or
// Completed, as the container status shows it.
type ContainerExited struct {
	At
	Pod       string    `json:"pod"`
	Container string    `json:"container"`
	ExitCode  int32     `json:"exitCode"`
	Reason    string    `json:"reason"`
	Cause     ExitCause `json:"cause"`
	Message   string    `json:"message,omitempty"`
	Uptime    sim.Time  `json:"uptime"`
	Memory    int64     `json:"memory"` // working set at the end, bytes
	Limit     int64     `json:"limit,omitempty"`
	InFlight  int       `json:"inFlight"` // requests lost with it
}

// ProbeFailed is a probe that failed as often as its threshold allows. Probe
// is startup, liveness or readiness.
type ProbeFailed struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Probe     string `json:"probe"`
	Message   string `json:"message"`
	Failures  int    `json:"failures"` // in a row
}

// ProbePassed is a probe whose successes, as many as its threshold, changed how the
// kubelet sees the container. Probe is startup or readiness.
type ProbePassed struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Probe     string `json:"probe"`
	// Asked is that a sync of the pod asked for it; else it was its period's.
	Asked bool `json:"asked,omitempty"`
}

// ContainerKilling is the kubelet's decision to end a container, before its
// preStop hook runs.
type ContainerKilling struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Message   string `json:"message"`
}

// ContainerHook is the end of a lifecycle hook, postStart or preStop.
type ContainerHook struct {
	At
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Hook      string   `json:"hook"`
	Took      sim.Time `json:"took"`
	Failed    bool     `json:"failed,omitempty"`
	// Cut is that it had not ended when the grace period was over.
	Cut bool `json:"cut,omitempty"`
}

// ProcessKilled is an OOM kill at a container's limit that took one of its processes,
// not the one whose end is the container's.
type ProcessKilled struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Memory    int64  `json:"memory"` // bytes that the process held
	Limit     int64  `json:"limit"`  // bytes, of the container
}

// PodReady is a change of the pod's Ready condition.
type PodReady struct {
	At
	Pod   string `json:"pod"`
	Ready bool   `json:"ready"`
}

// PodDeleting is the start of a graceful deletion.
type PodDeleting struct {
	At
	Pod    string   `json:"pod"`
	Reason Deletion `json:"reason"`
	Grace  sim.Time `json:"grace"`
	// By is who had it deleted, where that is another than its owner.
	By string `json:"by,omitempty"`
}

// PodGone is a pod removed from the API server.
type PodGone struct {
	At
	Pod string `json:"pod"`
}

// PodFinished is a pod whose containers all ended for good. Phase is
// Succeeded or Failed.
type PodFinished struct {
	At
	Pod   string `json:"pod"`
	Phase string `json:"phase"`
	// Reason is Terminated or NodeShutdown where its node's shutdown ended it or did not
	// let it begin, Evicted where its node did not take it, DeadlineExceeded where its activeDeadlineSeconds did.
	Reason string `json:"reason,omitempty"`
}

// Reasons of pods that their node's shutdown ended, or did not let begin
// (pkg/kubelet/nodeshutdown/nodeshutdown_manager.go).
const (
	Terminated   = "Terminated"
	NodeShutdown = "NodeShutdown"
)

// RefusedByKubelet is the reason of a pod that its node did not take, for it is short of
// something (Admit in pkg/kubelet/eviction/eviction_manager.go).
const RefusedByKubelet = "Evicted"

func (PodCreated) Kind() string       { return "pod-created" }
func (PodUnschedulable) Kind() string { return "pod-unschedulable" }
func (PodScheduled) Kind() string     { return "pod-scheduled" }
func (ContainerWaiting) Kind() string { return "container-waiting" }
func (ImagePulled) Kind() string      { return "image-pulled" }
func (ContainerStarted) Kind() string { return "container-started" }
func (ContainerServing) Kind() string { return "container-serving" }
func (ContainerExited) Kind() string  { return "container-exited" }
func (ProbeFailed) Kind() string      { return "probe-failed" }
func (ProbePassed) Kind() string      { return "probe-passed" }
func (ContainerKilling) Kind() string { return "container-killing" }
func (ContainerHook) Kind() string    { return "container-hook" }
func (ProcessKilled) Kind() string    { return "process-killed" }
func (PodReady) Kind() string         { return "pod-ready" }
func (PodDeleting) Kind() string      { return "pod-deleting" }
func (PodGone) Kind() string          { return "pod-gone" }
func (PodFinished) Kind() string      { return "pod-finished" }
