package volume

import (
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
)

// Periods of the controller that attaches and detaches, and of the kubelets.
const (
	// ReconcilerPeriod is how often the controller looks (attach_detach_controller.go,
	// ReconcilerLoopPeriod).
	ReconcilerPeriod = 100 * time.Millisecond
	// MaxWaitForUnmount is how long it waits for a machine that is not healthy to give a
	// volume up (ReconcilerMaxWaitForUnmountDuration).
	MaxWaitForUnmount = 6 * time.Minute
	// StatusPeriod is how often a kubelet tells which volumes it has in use (the
	// KubeletConfiguration's nodeStatusUpdateFrequency).
	StatusPeriod = 10 * time.Second
	// MountPeriod is how often a kubelet looks whether a pod has its volumes
	// (pkg/kubelet/volumemanager/volume_manager.go, podAttachAndMountRetryInterval).
	MountPeriod = 300 * time.Millisecond
	// firstVerify is how long a kubelet waits after it has found for the first time that
	// it has not told of a volume; then twice as long each time
	// (util/goroutinemap/exponentialbackoff).
	firstVerify = 500 * time.Millisecond
	lastVerify  = 2*time.Minute + 2*time.Second
)

// MultiAttach reports whether several machines can have a volume
// (pkg/volume/util/util.go, IsMultiAttachAllowed).
func MultiAttach(o *v1.PersistentVolume) bool {
	modes := o.Spec.AccessModes
	return len(modes) == 0 || slices.Contains(modes, v1.ReadWriteMany) || slices.Contains(modes, v1.ReadOnlyMany)
}

// Holding is how a machine holds a volume that no pod there is to have any more.
type Holding struct {
	// Mounted says that its kubelet has told that it has the volume in use.
	Mounted bool
	// Healthy says that the machine is Ready, OutOfService that it has the taint
	// node.kubernetes.io/out-of-service.
	Healthy, OutOfService bool
	// Asked is for how long the volume is to be detached.
	Asked time.Duration
}

// Detach says whether a volume is detached now, and forced when nobody waits for the
// machine to give it up (reconciler.go, reconcile).
func (h Holding) Detach() (now, forced bool) {
	expired := h.Asked > MaxWaitForUnmount
	if h.Mounted && !(expired && !h.Healthy) && !h.OutOfService {
		return false, false
	}
	return true, h.Mounted
}

// WaitsForDetach is the event of a pod whose volume another machine has (reconciler.go,
// reportMultiAttachError): local are pods there of its namespace, others counts those of
// other ones.
func WaitsForDetach(volume string, local []string, others int) string {
	text := "Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node"
	switch {
	case len(local) > 0 && others > 0:
		text = fmt.Sprintf("Volume is already used by pod(s) %s and %d pod(s) in different namespaces",
			strings.Join(local, ", "), others)
	case len(local) > 0:
		text = "Volume is already used by pod(s) " + strings.Join(local, ", ")
	case others > 0:
		text = fmt.Sprintf("Volume is already used by %d pod(s) in different namespaces", others)
	}
	return fmt.Sprintf("Waiting for detach for volume %q %s", volume, text)
}

// Verified is how long after a volume was attached its kubelet finds that so: at once, or
// when it has told that it uses the volume, reported from the attaching on, by tries with
// back-off (operation_generator.go, GenerateVerifyControllerAttachedVolumeFunc).
func Verified(reported time.Duration) time.Duration {
	at, wait := time.Duration(0), firstVerify
	for at < reported {
		at += wait
		wait = min(2*wait, lastVerify)
	}
	return at
}
