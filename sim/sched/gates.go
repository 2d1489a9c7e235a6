package sched

import (
	"fmt"
	"sync"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/features"
)

// Feature gates are global to the process and upstream reads them while it
// builds a scheduler, so they are set once, before the first.
var setGates = sync.OnceValue(func() error {
	err := utilfeature.DefaultMutableFeatureGate.SetFromMap(map[string]bool{
		// Batching keeps results for half a second of wall clock. It may only
		// reuse what a full evaluation would give, so nothing is lost.
		string(features.OpportunisticBatching): false,
		// Asynchronous API calls are made by goroutines.
		string(features.SchedulerAsyncAPICalls): false,
	})
	if err != nil {
		return fmt.Errorf("scheduler feature gates: %w", err)
	}
	return nil
})
