package manager

import v1 "k8s.io/api/core/v1"

// Candidate is a workload and one more pod of it, as its controller would make
// it. The pod is not in the store: it is to find out whether there is room.
type Candidate struct {
	// Workload is the workload as records name it.
	Workload string
	Pod      *v1.Pod
}
