package control

import "k8s.io/kubernetes/pkg/controller"

// SlowStartBatches splits the creation of n pods into batches of 1, 2, 4, 8 …
// so that a failure that hits them all is met by few
// (pkg/controller/replicaset/replica_set.go, slowStartBatch). The rest after a
// failed batch isn't tried in this sync.
func SlowStartBatches(n int) []int {
	var batches []int
	for size := min(n, controller.SlowStartInitialBatchSize); size > 0; size = min(2*size, n) {
		batches = append(batches, size)
		n -= size
	}
	return batches
}
