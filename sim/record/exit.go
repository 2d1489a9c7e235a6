package record

// ExitCause is what ended a container's process.
type ExitCause string

// Every process that ends has one cause.
const (
	// OutOfMemory: it would have taken more than its container's memory limit.
	OutOfMemory ExitCause = "oom"
	// PodOutOfMemory: the containers of its pod would have taken more than the pod's own
	// memory limit, and the kernel chose it.
	PodOutOfMemory ExitCause = "pod-oom"
	// NodeOutOfMemory: its node had no memory left, and the kernel chose it.
	NodeOutOfMemory ExitCause = "system-oom"
	// GPUOutOfMemory: it exited by itself, for its GPU had too little memory left.
	GPUOutOfMemory ExitCause = "gpu-oom"
	// EvictedByKubelet: the kubelet evicted its pod, for the node was short of memory.
	EvictedByKubelet ExitCause = "evicted"
	// LivenessFailed and StartupFailed: the kubelet killed it for a failed probe.
	LivenessFailed ExitCause = "liveness"
	StartupFailed  ExitCause = "startup"
	// HookFailed: the kubelet killed it, for its postStart hook had failed.
	HookFailed ExitCause = "hook"
	// LeftAtTerm: it left after SIGTERM.
	LeftAtTerm ExitCause = "terminated"
	// KilledAfterGrace: SIGKILL at the end of the grace period.
	KilledAfterGrace ExitCause = "killed"
	// ExitedByItself: nobody asked it to.
	ExitedByItself ExitCause = "exited"
	// MachineStopped: its node failed or was removed.
	MachineStopped ExitCause = "machine"
	// ForcedOut: its pod was deleted with a grace period of 0.
	ForcedOut ExitCause = "forced"
)
