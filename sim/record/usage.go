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
}

// Bucket is one bucket of a sparse histogram.
type Bucket struct {
	Index  int     `json:"i"`
	Weight float64 `json:"w"`
}

func (PoolUsage) Kind() string       { return "pool-usage" }
func (ContainerMemory) Kind() string { return "container-memory" }
