package record

// Deletion is why a pod was deleted.
type Deletion string

// Every deletion has one reason. The same reasons are those of a Job that was
// deleted with its pods.
const (
	// ScaledDown: its controller wanted fewer pods, or it was one of an old
	// ReplicaSet that made room.
	ScaledDown Deletion = "scale-down"
	// RolledOut: a StatefulSet or DaemonSet replaces pods of an old revision.
	RolledOut Deletion = "rollout"
	// EndedBefore: a StatefulSet or DaemonSet replaces a pod that has ended.
	EndedBefore Deletion = "ended"
	// RestartedTogether: it is of a kind whose pods restart together, and another one of
	// them has restarted, failed or gone.
	RestartedTogether Deletion = "restarted-together"
	// Preempted: the scheduler made room for a pod of a higher priority.
	Preempted Deletion = "preempted"
	// Evicted: through the eviction API, as kubectl drain does.
	Evicted Deletion = "evicted"
	// Deleted: kubectl delete.
	Deleted Deletion = "deleted"
	// OwnerDeleted: the garbage collector found that its owner is gone.
	OwnerDeleted Deletion = "owner-deleted"
	// KilledByName: kubectl delete --grace-period=0 --force.
	KilledByName Deletion = "killed"
	// Tainted: its node failed, or got a NoExecute taint that it does not tolerate.
	Tainted Deletion = "tainted"
	// Orphaned, OutOfService and Unscheduled: the pod garbage collector found that
	// its node is gone, that its node has the out-of-service taint, or that it
	// terminates without a node.
	Orphaned     Deletion = "orphaned"
	OutOfService Deletion = "out-of-service"
	Unscheduled  Deletion = "unscheduled"
	// TooManyEnded: the pod garbage collector, since more pods have ended than may stay.
	TooManyEnded Deletion = "terminated"
	// JobSuspended: its Job was suspended.
	JobSuspended Deletion = "suspended"
	// JobOver: its Job has ended or failed.
	JobOver Deletion = "job-over"
	// JobExpired: its Job ended ttlSecondsAfterFinished ago.
	JobExpired Deletion = "ttl"
	// JobReplaced: the next Job of its CronJob was due (concurrencyPolicy Replace).
	JobReplaced Deletion = "replaced"
	// JobForgotten: its CronJob keeps no more finished Jobs.
	JobForgotten Deletion = "history-limit"
)
