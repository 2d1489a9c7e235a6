package record

import "github.com/kube-rehearse/rehearse/sim"

// PoolUsage is the use of a pool over (From, T]: Requested is what its pods
// ask for, Used what their containers take, each as time-weighted mean and
// as maximum. CPU in cores, Memory in bytes, GPU in devices, Pods a count.
type PoolUsage struct {
	At
	Pool          string    `json:"pool"`
	From          sim.Time  `json:"from"`
	Requested     Resources `json:"requested"`
	RequestedPeak Resources `json:"requestedPeak"`
	Used          Resources `json:"used"`
	UsedPeak      Resources `json:"usedPeak"`
}

// ContainerMemory is the working set of one container of one pod over all its
// process lives, written when the pod goes or the run ends. Seconds[i] is the
// time spent with a working set in [i, i+1) × BucketBytes.
type ContainerMemory struct {
	At
	Pod         string   `json:"pod"`
	Container   string   `json:"container"`
	Owner       string   `json:"owner"`
	Request     int64    `json:"request,omitempty"`
	Limit       int64    `json:"limit,omitempty"`
	Max         int64    `json:"max"`
	BucketBytes int64    `json:"bucketBytes"`
	Seconds     []Bucket `json:"seconds"`
	Running     float64  `json:"running"` // seconds the process ran in all
	// Peaks are the maxima of the blocks that the running time is cut into:
	// at least an hour each and at most about 24 in a run, more only where
	// process lives end sooner.
	Peaks []Peak `json:"peaks,omitempty"`
}

// Peak is the largest working set in a block of one process life. A block
// that ends with an OOM kill is censored: Max is the limit, what the process
// would have taken is not known.
type Peak struct {
	Max     int64   `json:"max"`     // bytes
	Seconds float64 `json:"seconds"` // length of the block
	Age     float64 `json:"age"`     // seconds since the process start at its end
	Killed  bool    `json:"killed,omitempty"`
}

// NodeMemory is how the memory of a node was used in a whole replication:
// the largest sum of the working sets on it, and for how many of Seconds it
// was above what is allocatable.
type NodeMemory struct {
	At
	Node    string  `json:"node"`
	Max     int64   `json:"max"`  // bytes
	Over    float64 `json:"over"` // seconds
	Seconds float64 `json:"seconds"`
}

// Bucket is one bucket of a sparse histogram.
type Bucket struct {
	Index  int     `json:"i"`
	Weight float64 `json:"w"`
}

func (PoolUsage) Kind() string       { return "pool-usage" }
func (ContainerMemory) Kind() string { return "container-memory" }
func (NodeMemory) Kind() string      { return "node-memory" }
