//go:build kubeletoracle

package oracle

import (
	"context"
	"reflect"
	"time"
	"unsafe"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/allocation"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/eviction"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
	"k8s.io/kubernetes/pkg/kubelet/util/queue"
)

// NewMainKubelet opens /dev/kmsg and its Run reads it and watches folders, for which the
// time of a bubble does not go on. So the Kubelet is put together here, and what is not
// exported of it is reached by name: a version in which a name or a type is another does
// not link, or panics in set.

// podSyncer is that of pkg/kubelet/pod_workers.go.
type podSyncer interface {
	SyncPod(ctx context.Context, updateType kubetypes.SyncPodType, pod *v1.Pod, mirrorPod *v1.Pod,
		podStatus *kubecontainer.PodStatus) (bool, func(), error)
	SyncTerminatingPod(ctx context.Context, pod *v1.Pod, podStatus *kubecontainer.PodStatus, gracePeriod *int64,
		podStatusFn func(*v1.PodStatus)) error
	SyncTerminatingRuntimePod(ctx context.Context, runningPod *kubecontainer.Pod) error
	SyncTerminatedPod(ctx context.Context, pod *v1.Pod, podStatus *kubecontainer.PodStatus) error
}

//go:linkname newPodWorkers k8s.io/kubernetes/pkg/kubelet.newPodWorkers
func newPodWorkers(s podSyncer, recorder record.EventRecorder, work queue.WorkQueue, resync, backOff time.Duration,
	cache kubecontainer.ROCache, allocations allocation.Manager) kubelet.PodWorkers

//go:linkname killPodNow k8s.io/kubernetes/pkg/kubelet.killPodNow
func killPodNow(ctx context.Context, workers kubelet.PodWorkers, recorder record.EventRecorder) eviction.KillPodFunc

//go:linkname newRuntimeState k8s.io/kubernetes/pkg/kubelet.newRuntimeState
func newRuntimeState(threshold time.Duration) unsafe.Pointer

//go:linkname setRuntimeSync k8s.io/kubernetes/pkg/kubelet.(*runtimeState).setRuntimeSync
func setRuntimeSync(state unsafe.Pointer, t time.Time)

//go:linkname setNetworkState k8s.io/kubernetes/pkg/kubelet.(*runtimeState).setNetworkState
func setNetworkState(state unsafe.Pointer, err error)

//go:linkname newPodContainerDeletor k8s.io/kubernetes/pkg/kubelet.newPodContainerDeletor
func newPodContainerDeletor(logger klog.Logger, runtime kubecontainer.Runtime, keep int) unsafe.Pointer

//go:linkname syncLoop k8s.io/kubernetes/pkg/kubelet.(*Kubelet).syncLoop
func syncLoop(k *kubelet.Kubelet, ctx context.Context, updates <-chan kubetypes.PodUpdate, handler kubelet.SyncHandler)

//go:linkname setupDataDirs k8s.io/kubernetes/pkg/kubelet.(*Kubelet).setupDataDirs
func setupDataDirs(k *kubelet.Kubelet, logger klog.Logger) error

// field is a field of the kubelet.
func field(k *kubelet.Kubelet, name string) reflect.Value {
	f := reflect.ValueOf(k).Elem().FieldByName(name)
	if !f.IsValid() {
		panic("the kubelet has no field " + name)
	}
	return reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
}

// set sets a field of the kubelet.
func set(k *kubelet.Kubelet, name string, value any) { field(k, name).Set(reflect.ValueOf(value)) }

// point sets a field whose type is a pointer to one that is not exported.
func point(k *kubelet.Kubelet, name string, to unsafe.Pointer) {
	f := field(k, name)
	f.Set(reflect.NewAt(f.Type().Elem(), to))
}
