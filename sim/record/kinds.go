package record

// kind is how the records of one kind are read.
type kind struct {
	name   string
	decode func(object []byte) (Record, error)
}

// kinds lists every kind a stream can hold.
var kinds = []kind{
	of[Run](),
	of[Step](),
	of[ReplicaSetScaled](),
	of[Rollout](),
	of[Availability](),
	of[Scaled](),
	of[Autoscaled](),
	of[Activation](),
	of[JobChanged](),
	of[CronJobRun](),
	of[EvictionRefused](),
	of[CreationRefused](),
	of[BudgetState](),
	of[QuotaUsage](),
	of[Headroom](),
	of[MoreNodes](),
	of[NodeChanged](),
	of[NodeTainted](),
	of[Drained](),
	of[PodEvicted](),
	of[PodCreated](),
	of[PodUnschedulable](),
	of[PodScheduled](),
	of[ContainerWaiting](),
	of[ImagePulled](),
	of[ContainerStarted](),
	of[ContainerServing](),
	of[ContainerExited](),
	of[ProbeFailed](),
	of[ProbePassed](),
	of[ContainerKilling](),
	of[ContainerHook](),
	of[ProcessKilled](),
	of[PodReady](),
	of[PodDeleting](),
	of[PodGone](),
	of[PodFinished](),
	of[ClaimWaiting](),
	of[ClaimBound](),
	of[VolumeWaiting](),
	of[VolumeAttached](),
	of[VolumeDetached](),
	of[VolumesMounted](),
	of[ClaimAllocated](),
	of[ClaimReleased](),
	of[Requests](),
	of[Outage](),
	of[Endpoints](),
	of[InFlightAtEnd](),
	of[PoolUsage](),
	of[ContainerMemory](),
	of[ContainerCPU](),
	of[ContainerModel](),
	of[NodeMemory](),
	of[End](),
}

func of[T Record]() kind {
	var zero T
	return kind{zero.Kind(), func(object []byte) (Record, error) {
		var r T
		err := decodeStrict(object, &r)
		return r, err
	}}
}

func findKind(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// Kinds lists the names of all kinds.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}
