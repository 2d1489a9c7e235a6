//go:build kubeletoracle

package oracle

import (
	"context"
	"math/rand"
	"time"

	cadvisor "github.com/google/cadvisor/lib/model"
	"go.opentelemetry.io/otel/trace/noop"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	internalapi "k8s.io/cri-api/pkg/apis"
	critest "k8s.io/cri-api/pkg/apis/testing"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/allocation"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubelet/config"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	containertest "k8s.io/kubernetes/pkg/kubelet/container/testing"
	"k8s.io/kubernetes/pkg/kubelet/kuberuntime"
	"k8s.io/kubernetes/pkg/kubelet/logs"
	"k8s.io/kubernetes/pkg/kubelet/network/dns"
	"k8s.io/kubernetes/pkg/kubelet/pleg"
	kubepod "k8s.io/kubernetes/pkg/kubelet/pod"
	podtest "k8s.io/kubernetes/pkg/kubelet/pod/testing"
	"k8s.io/kubernetes/pkg/kubelet/podcertificate"
	"k8s.io/kubernetes/pkg/kubelet/prober"
	"k8s.io/kubernetes/pkg/kubelet/prober/results"
	"k8s.io/kubernetes/pkg/kubelet/status"
	"k8s.io/kubernetes/pkg/kubelet/userns"
	kubeletutil "k8s.io/kubernetes/pkg/kubelet/util"
	"k8s.io/kubernetes/pkg/kubelet/util/queue"
	"k8s.io/kubernetes/pkg/kubelet/volumemanager"
	"k8s.io/kubernetes/pkg/volume/util/hostutil"
	"k8s.io/kubernetes/pkg/volume/util/subpath"
	"k8s.io/mount-utils"
	"k8s.io/utils/clock"
)

// Times of NewMainKubelet and of the defaults of KubeletConfiguration.
const (
	syncFrequency    = time.Minute
	backOffPeriod    = 10 * time.Second
	initialBackOff   = 10 * time.Second
	maxBackOff       = 300 * time.Second
	forgetsBackOff   = 600 * time.Second
	relistPeriod     = time.Second
	relistThreshold  = 3 * time.Minute
	cacheRefresh     = 3 * time.Second
	channelCapacity  = 1000
	containersToKeep = 1
)

// jitterless is a work queue before which wait.Jitter draws one and the same number: the
// source of math/rand is set back whenever it was drawn from.
type jitterless struct {
	queue.WorkQueue
	seed int64
}

func (j *jitterless) Enqueue(uid types.UID, delay time.Duration) {
	j.reset()
	j.WorkQueue.Enqueue(uid, delay)
}

func (j *jitterless) reset() { rand.Seed(j.seed) } //nolint:staticcheck // wait.Jitter takes no source

// volumes are there at once, and take their time to go.
type volumes struct {
	*volumemanager.FakeVolumeManager
	stories map[string]*story
}

func (v *volumes) WaitForUnmount(_ context.Context, pod *v1.Pod) error {
	time.Sleep(v.stories[pod.Name].takes.cleanup)
	return nil
}

// slower is the clock of the PLEG: its relists take no time, but the next comes as late as
// if they did.
type slower struct{ clock.RealClock }

func (s slower) NewTimer(d time.Duration) clock.Timer { return slowerTimer{s.RealClock.NewTimer(d)} }

type slowerTimer struct{ clock.Timer }

func (t slowerTimer) Reset(d time.Duration) bool { return t.Timer.Reset(d + relistCost) }

// relistCost keeps relists from the whole seconds in which probes follow one another.
const relistCost = 5*time.Millisecond + 13*time.Microsecond + 7

// relists are those of the PLEG. One of a single pod that a sync asks for begins a little
// after the end of that sync, as it does where time goes by between two lines of code.
type relists struct {
	pleg.PodLifecycleEventGenerator
	stories map[string]*story
}

func (r relists) RequestRelist(logger klog.Logger, uid types.UID) {
	time.AfterFunc(r.stories[string(uid)].takes.relist, func() {
		r.PodLifecycleEventGenerator.RequestRelist(logger, uid)
	})
}

// helper is the kubelet as kuberuntime asks it, without the files of a container.
type helper struct{ *kubelet.Kubelet }

func (helper) GenerateRunContainerOptions(context.Context, *v1.Pod, *v1.Container, string, []string,
	kubecontainer.ImageVolumes) (*kubecontainer.RunContainerOptions, func(), error) {
	return &kubecontainer.RunContainerOptions{}, nil, nil
}

type noTimes struct{}

func (noTimes) RecordImageStartedPulling(types.UID)              {}
func (noTimes) RecordImageFinishedPulling(types.UID)             {}
func (noTimes) RecordInitContainerStarted(types.UID, time.Time)  {}
func (noTimes) RecordInitContainerFinished(types.UID, time.Time) {}

// nodeName is of the only node.
const nodeName = "n"

// built is a kubelet with what surrounds it.
type built struct {
	*kubelet.Kubelet
	pleg    pleg.PodLifecycleEventGenerator
	status  status.Manager
	workers kubelet.PodWorkers
	prober  prober.Manager
	work    *jitterless
	cache   kubecontainer.Cache
}

// build is NewMainKubelet.
func build(ctx context.Context, folder string, r *runtime, s *server, recorder record.EventRecorderLogger,
	jitter int64) (
	*built, error) {
	logger := klog.FromContext(ctx)
	k := &kubelet.Kubelet{}
	b := &built{Kubelet: k, cache: kubecontainer.NewCache(), work: &jitterless{queue.NewBasicWorkQueue(clock.RealClock{}),
		jitter}}
	b.work.reset()
	set(k, "hostname", nodeName)
	set(k, "nodeName", types.NodeName(nodeName))
	set(k, "rootDirectory", folder)
	set(k, "podLogsDirectory", folder)
	set(k, "resyncInterval", syncFrequency)
	set(k, "recorder", recorder)
	set(k, "kubeClient", s.client)
	set(k, "clock", clock.RealClock{})
	set(k, "os", &containertest.FakeOS{})
	set(k, "tracer", noop.NewTracerProvider().Tracer(""))
	set(k, "podCache", b.cache)
	set(k, "maxPods", 110)
	set(k, "hostutil", hostutil.NewFakeHostUtil(nil))
	set(k, "mounter", mount.NewFakeMounter(nil))
	set(k, "subpather", &subpath.FakeSubpath{})
	set(k, "podCertificateManager", &podcertificate.NoOpManager{})
	set(k, "mirrorPodClient", podtest.NewFakeMirrorClient())
	set(k, "reasonCache", kubelet.NewReasonCache())
	set(k, "volumeManager", &volumes{volumemanager.NewFakeVolumeManager(nil, 0, nil, false), r.stories})
	b.node(k, recorder)
	sources := config.NewSourcesReady(func(sets.Set[string]) bool { return true })
	set(k, "sourcesReady", sources)
	containers := cm.NewFakeContainerManager(logger)
	set(k, "containerManager", containers)
	pods := kubepod.NewBasicPodManager()
	set(k, "podManager", pods)
	latency := kubeletutil.NewPodStartupLatencyTracker()
	set(k, "podStartupLatencyTracker", latency)
	b.status = status.NewManager(s.client, pods, k, latency)
	set(k, "statusManager", b.status)
	allocations := allocation.NewInMemoryManager(logger, b.status,
		func(ctx context.Context, p *v1.Pod) { k.HandlePodSyncs(ctx, []*v1.Pod{p}) },
		k.GetActivePods, pods.GetPodByUID, sources, recorder)
	set(k, "allocationManager", allocations)
	b.workers = newPodWorkers(k, recorder, b.work, syncFrequency, backOffPeriod, b.cache, allocations)
	set(k, "workQueue", b.work)
	set(k, "podWorkers", b.workers)
	state := newRuntimeState(relistThreshold * 1e6)
	setRuntimeSync(state, time.Now())
	setNetworkState(state, nil)
	point(k, "runtimeState", state)
	if err := setupDataDirs(k, logger); err != nil {
		return nil, err
	}
	users, err := userns.MakeUserNsManager(logger, k, nil)
	if err != nil {
		return nil, err
	}
	set(k, "usernsManager", users)
	return b, b.addRuntime(ctx, folder, r, recorder, containers)
}

// node is the kubelet's view of its own Node.
func (b *built) node(k *kubelet.Kubelet, recorder record.EventRecorderLogger) {
	nodes := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName}, Status: v1.NodeStatus{
		Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "10.0.0.1"}}}}
	if err := nodes.Add(node); err != nil {
		panic(err)
	}
	set(k, "nodeLister", corelisters.NewNodeLister(nodes))
	set(k, "nodeHasSynced", cache.InformerSynced(func() bool { return true }))
	set(k, "nodeRef", &v1.ObjectReference{Kind: "Node", Name: nodeName, UID: nodeName})
	set(k, "serviceLister", corelisters.NewServiceLister(cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})))
	set(k, "serviceHasSynced", cache.InformerSynced(func() bool { return true }))
	set(k, "dnsConfigurer", dns.NewConfigurer(recorder, &v1.ObjectReference{Kind: "Node", Name: nodeName}, nil, nil, "",
		""))
}

// addRuntime is the part of NewMainKubelet that is about containers and their probes.
func (b *built) addRuntime(ctx context.Context, folder string, r *runtime, recorder record.EventRecorderLogger,
	containers cm.ContainerManager) error {
	k := b.Kubelet
	liveness, readiness, startup := results.NewManager(), results.NewManager(), results.NewManager()
	set(k, "livenessManager", liveness)
	set(k, "readinessManager", readiness)
	set(k, "startupManager", startup)
	images := critest.NewFakeImageService()
	images.SetFakeImages([]string{image})
	single, unbounded := false, int32(0)
	kube, _, err := kuberuntime.NewKubeGenericRuntimeManager(ctx, recorder, liveness, readiness, startup, folder, folder,
		&cadvisor.MachineInfo{}, b.workers, 110, &containertest.FakeOS{}, helper{k}, nil,
		flowcontrol.NewBackOff(backOffPeriod, maxBackOff), false, &unbounded, 0, 0, string(kubeletconfig.NeverVerify), nil,
		"", "", &single, false,
		metav1.Duration{Duration: 100 * time.Millisecond}, nil, internalapi.RuntimeService(r), images, containers,
		logs.NewStubContainerLogManager(), nil, false, "", func() v1.ResourceList { return nil }, nil,
		kubeletconfig.NoneMemoryReservationPolicy, noTimes{}, noop.NewTracerProvider(), nil, nil, noTimes{})
	if err != nil {
		return err
	}
	set(k, "containerRuntime", kube)
	set(k, "runner", kube)
	known, err := kubecontainer.NewRuntimeCache(kube, cacheRefresh)
	if err != nil {
		return err
	}
	set(k, "runtimeCache", known)
	point(k, "containerDeletor", newPodContainerDeletor(klog.FromContext(ctx), kube, containersToKeep))
	backOff := flowcontrol.NewBackOff(initialBackOff, maxBackOff)
	backOff.HasExpiredFunc = func(at, last time.Time, _ time.Duration) bool { return at.Sub(last) > forgetsBackOff }
	set(k, "crashLoopBackOff", backOff)
	b.prober = prober.NewManager(b.status, liveness, readiness, startup, kube, recorder)
	set(k, "probeManager", b.prober)
	b.pleg = pleg.NewGenericPLEG(kube, make(chan *pleg.PodLifecycleEvent, channelCapacity),
		&pleg.RelistDuration{RelistPeriod: relistPeriod, RelistThreshold: relistThreshold}, b.cache, slower{})
	set(k, "pleg", relists{b.pleg, r.stories})
	return nil
}
