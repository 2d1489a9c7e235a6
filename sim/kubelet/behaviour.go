package kubelet

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// Behaviour is what a container does that its manifest does not say. The zero
// value is a container that starts at once, uses no memory and leaves at
// SIGTERM.
type Behaviour struct {
	// ImageSize is the compressed image in bytes; 0 means already on every node.
	ImageSize int64
	// Unpullable is until when the image can't be pulled, sim.Never for good; 0 is never
	// so. Where the node has it, it need not be, unless its pull policy is Always.
	Unpullable sim.Time
	// Start is the time in seconds from process start until the server
	// listens, without the model; nil is 0.
	Start distribution.Dist
	// Model is what is loaded before the server listens.
	Model Model
	// Runs is how long the process works, after its start, before it exits by
	// itself, in seconds; nil runs for ever, or not at all for an init container.
	Runs distribution.Dist
	// Lives are how long the first lives of the container work instead: the first one,
	// the one after its first restart, and so on.
	Lives []time.Duration
	// FailureRate is the probability that such a process fails. It then exits with
	// ExitCode, else with 0; with a FailureRate of 0 it always exits with ExitCode.
	FailureRate float64
	ExitCode    int32
	// Crash ends a process before its time; nil without.
	Crash *Crash
	// Memory is the working set as a process in time.
	Memory Memory
	// Storage is what it writes to the machine's disk; nil for nothing.
	Storage *storage.Writes
	// CPU is what the process computes besides its requests.
	CPU CPU
	// Hooks are what its lifecycle hooks do, as far as the manifest does not say it.
	Hooks hooks.Hooks
	// OnTerminate is what the process does at SIGTERM.
	OnTerminate Termination
	// Unhealthy makes the health endpoint fail from this time after the
	// server listens on, although it serves; 0 is never.
	UnhealthyAfter time.Duration
}

// Crash is the end of a process that does not want to end: After seconds from its
// start, whether it listens by then or not, with a Probability for each process.
type Crash struct {
	After       distribution.Dist
	Probability float64
	ExitCode    int32
}

// CPU is what a process computes besides its requests.
type CPU struct {
	// Idle is a steady use in cores. It is accounted for, but takes nothing
	// from others and nothing of the limit.
	Idle float64
	// Start is the core-seconds that the start takes, on up to StartThreads
	// threads (0 is 1): the server listens when both these and
	// Behaviour.Start have passed.
	Start        distribution.Dist
	StartThreads int
	// Probe is the core-seconds in which a probe is answered: a process without
	// CPU fails them. 0 answers at once.
	Probe float64
	// Run is the core-seconds that a process with Behaviour.Runs computes, on up
	// to RunThreads threads (0 is 1): it exits when both these and Runs have passed.
	Run        distribution.Dist
	RunThreads int
	// Threads is how many threads can run at the same time; 0 is no limit.
	Threads int
}

// Model is a load of weights before a server can listen. Either Bytes and
// BytesPerSecond are given or Load is.
type Model struct {
	Bytes          int64
	BytesPerSecond float64
	// Load is the whole loading time in seconds.
	Load distribution.Dist
}

// Memory gives the working set of a container in bytes:
//
//	Base + heap + LeakPerSecond × uptime + LeakPerRequest × served + cache + Bursts
//
// where the heap is what requests and sessions hold, PerRequest × in flight +
// sessions, or what is retained of the most they have held; and until the
// server listens StartupPeak comes on top. With AtStart a process begins with that
// instead, and grows to Base + StartupPeak while it starts.
type Memory struct {
	Base           int64
	AtStart        int64
	PerRequest     int64
	LeakPerSecond  float64
	LeakPerRequest int64
	// StartupPeak is what the start needs beyond Base: weights on their way
	// through the host's memory.
	StartupPeak int64
	// Retain is the part of freed heap that the allocator keeps, from 0 to 1:
	// the heap is then at least Retain × the most it was.
	Retain float64
	// CachePerRequest is what each request served leaves in a cache, up to
	// CacheMax.
	CachePerRequest, CacheMax int64
	// Bursts is nil without.
	Bursts *Bursts
	// Child is nil without.
	Child *Child
}

// Child is a second process of the container, which takes memory from the start of
// the first one on. The kernel kills it alone where an OOM kill takes one process.
type Child struct {
	LeakPerSecond float64 // bytes
	// Again is how long after its end it is started again; 0 is never.
	Again time.Duration
}

// Termination is what a process does when it gets SIGTERM.
type Termination uint8

const (
	// Drain stops listening, finishes what is in flight and leaves: what
	// uvicorn, gunicorn and vLLM do.
	Drain Termination = iota
	// Exit leaves at once; what is in flight is lost.
	Exit
	// Ignore goes on serving until SIGKILL: a process behind a shell as PID 1.
	Ignore
)

func (t Termination) String() string {
	return [...]string{"drain", "exit", "ignore"}[t]
}
