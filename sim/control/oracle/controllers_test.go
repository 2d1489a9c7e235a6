package oracle

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/kubernetes/pkg/controller/cronjob"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/nodelifecycle"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/statefulset"
	"k8s.io/kubernetes/pkg/controller/tainteviction"
	"k8s.io/kubernetes/pkg/controller/ttlafterfinished"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/profile"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	simulated "github.com/kube-rehearse/rehearse/sim/manager"
)

// The scheduler's client's limits (clientConnection of kube-scheduler).
const schedulerQPS, schedulerBurst = 50, 100

// latencies are those that the simulated control plane has.
var latencies = cluster.DefaultLatencies()

// watchTime is how long after a write a watch tells of it; the rest of a
// component's latency is its own write.
const watchTime = 5 * time.Millisecond

// cacheSync is after what time the monitor of nodes begins to look: the period
// of its check that the caches are there.
const cacheSync = 100 * time.Millisecond

// manager is kube-controller-manager and kube-scheduler.
type manager struct {
	t       *testing.T
	wire    wire
	metrics *metrics
	flags   simulated.Config // of kube-controller-manager: limits of the clients, workers
	// monitorAfter is when the monitor of nodes begins to look, every 5 s.
	monitorAfter time.Duration
	// collectAfter is when the pod garbage collector begins to look.
	collectAfter time.Duration

	shared informers.SharedInformerFactory
	runs   []func(context.Context)
	wg     sync.WaitGroup
}

// client is a client of its own, with the limits of its component and writes
// that take some time.
func (m *manager) client(qps float32, burst int, write time.Duration) *kubernetes.Clientset {
	w := m.wire
	w.write = write
	c, err := kubernetes.NewForConfig(&rest.Config{Host: "http://oracle", Transport: http.RoundTripper(w), QPS: qps, Burst: burst,
		ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}})
	require.NoError(m.t, err)
	return c
}

// managed is a controller's client, whose writes take what its latency has left
// when the watch has told of a change.
func (m *manager) managed(latency time.Duration) *kubernetes.Clientset {
	return m.client(float32(m.flags.QPS), m.flags.Burst, max(latency-watchTime, time.Millisecond))
}

// limiter is that of another client of a controller.
func (m *manager) limiter() flowcontrol.RateLimiter {
	return flowcontrol.NewTokenBucketRateLimiter(float32(m.flags.QPS), m.flags.Burst)
}

// start runs everything until the context ends; wait returns when all has
// stopped.
func (m *manager) start(ctx context.Context, autoscaler hpa.Config, nodes lifecycle.Config) {
	m.shared = informers.NewSharedInformerFactory(m.client(-1, 0, 0), 0)
	m.workloads(ctx)
	m.disruption(ctx)
	m.autoscaler(ctx, autoscaler)
	m.nodes(ctx, nodes)
	m.scheduler(ctx)
	m.garbage(ctx)
	m.quotas(ctx)
	m.collect(ctx)
	m.shared.Start(ctx.Done())
	m.shared.WaitForCacheSync(ctx.Done())
	for _, run := range m.runs {
		m.wg.Go(func() { run(ctx) })
	}
}

func (m *manager) wait() {
	m.wg.Wait()
	m.shared.Shutdown()
}

func (m *manager) run(workers int, run func(ctx context.Context, workers int)) {
	m.runs = append(m.runs, func(ctx context.Context) { run(ctx, workers) })
}

func (m *manager) workloads(ctx context.Context) {
	apps, core, batch, workers := m.shared.Apps().V1(), m.shared.Core().V1(), m.shared.Batch().V1(), m.flags.Workers
	dc, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), m.managed(latencies.Deployment))
	require.NoError(m.t, err)
	m.run(workers.Deployment, dc.Run)
	rsc := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), m.managed(latencies.ReplicaSet), replicaset.BurstReplicas)
	drive.Set(rsc, "podIndexer", cache.Indexer(byUID{core.Pods().Informer().GetIndexer()}))
	m.run(workers.ReplicaSet, rsc.Run)
	m.run(workers.StatefulSet, statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(), core.PersistentVolumeClaims(), apps.ControllerRevisions(), m.managed(latencies.StatefulSet)).Run)
	ds, err := daemon.NewDaemonSetsController(ctx, apps.DaemonSets(), apps.ControllerRevisions(), core.Pods(), core.Nodes(), m.managed(latencies.StatefulSet), flowcontrol.NewBackOff(time.Second, 15*time.Minute))
	require.NoError(m.t, err)
	m.run(workers.DaemonSet, ds.Run)
	jc, err := job.NewController(ctx, m.managed(latencies.Job), core.Pods(), batch.Jobs(), nil, nil)
	require.NoError(m.t, err)
	m.run(workers.Job, jc.Run)
	cjc, err := cronjob.NewControllerV2(ctx, batch.Jobs(), batch.CronJobs(), m.managed(latencies.CronJob))
	require.NoError(m.t, err)
	m.run(workers.CronJob, cjc.Run)
	m.run(workers.TTLAfterFinished, ttlafterfinished.New(ctx, batch.Jobs(), m.managed(latencies.Job)).Run)
}

// mapper knows what can be scaled.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}})
	for _, kind := range []string{"Deployment", "ReplicaSet", "StatefulSet"} {
		m.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: kind}, meta.RESTScopeNamespace)
	}
	return m
}

func (m *manager) disruption(ctx context.Context) {
	apps, core := m.shared.Apps().V1(), m.shared.Core().V1()
	client := m.managed(latencies.Disruption)
	dc := disruption.NewDisruptionController(ctx, core.Pods(), m.shared.Policy().V1().PodDisruptionBudgets(), core.ReplicationControllers(),
		apps.ReplicaSets(), apps.Deployments(), apps.StatefulSets(), client, mapper(), scales{m.wire.server, 0, m.limiter()}, client.Discovery())
	m.run(m.flags.Workers.Disruption, dc.Run)
}

func (m *manager) autoscaler(ctx context.Context, cfg hpa.Config) {
	client := m.managed(latencies.Deployment)
	m.metrics.custom, m.metrics.external = m.limiter(), m.limiter()
	c := podautoscaler.NewHorizontalController(ctx, client.CoreV1(), scales{m.wire.server, answerTime, m.limiter()}, client.AutoscalingV2(), mapper(), m.metrics,
		m.shared.Autoscaling().V2().HorizontalPodAutoscalers(), m.shared.Core().V1().Pods(),
		cfg.SyncPeriod, cfg.DownscaleStabilization, cfg.Tolerance, cfg.CPUInitializationPeriod, cfg.InitialReadinessDelay)
	m.run(m.flags.Workers.HorizontalPodAutoscaler, c.Run)
}

func (m *manager) nodes(ctx context.Context, cfg lifecycle.Config) {
	core := m.shared.Core().V1()
	nc, err := nodelifecycle.NewNodeLifecycleController(ctx, m.shared.Coordination().V1().Leases(), core.Pods(), core.Nodes(), m.shared.Apps().V1().DaemonSets(), m.managed(latencies.Deployment),
		cfg.NodeMonitorPeriod, cfg.NodeStartupGracePeriod, cfg.NodeMonitorGracePeriod, cfg.NodeEvictionRate, cfg.SecondaryNodeEvictionRate,
		cfg.LargeClusterSizeThreshold, cfg.UnhealthyZoneThreshold)
	require.NoError(m.t, err)
	drive.Set(nc, "nodeLister", corelisters.NodeLister(slowList{core.Nodes().Lister()}))
	te, err := tainteviction.New(ctx, m.managed(latencies.Deployment), core.Pods(), core.Nodes(), "taint-eviction-controller")
	require.NoError(m.t, err)
	m.runs = append(m.runs, te.Run, func(ctx context.Context) {
		time.Sleep(m.monitorAfter - cacheSync)
		nc.Run(ctx)
	})
}

func (m *manager) scheduler(ctx context.Context) {
	client := m.client(schedulerQPS, schedulerBurst, latencies.Scheduler-watchTime)
	factory := scheduler.NewInformerFactory(client, 0, nil)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: m.client(schedulerQPS, schedulerBurst, 0).EventsV1()})
	s, err := scheduler.New(ctx, client, factory, nil, profile.NewRecorderFactory(broadcaster), scheduler.WithParallelism(1))
	require.NoError(m.t, err)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	require.NoError(m.t, s.WaitForHandlersSync(ctx))
	m.runs = append(m.runs, func(ctx context.Context) {
		s.Run(ctx)
		broadcaster.Shutdown()
		factory.Shutdown()
	})
}

// slowList takes a millisecond, and so does a pass of the monitor of nodes, as
// the real one takes some and the simulated one takes as long: in a bubble all
// else takes no time, and ten periods would be no longer than the grace period.
type slowList struct{ corelisters.NodeLister }

// List implements NodeLister.
func (s slowList) List(selector labels.Selector) ([]*v1.Node, error) {
	time.Sleep(time.Millisecond)
	return s.NodeLister.List(selector)
}

// byUID lists pods in the order of their UIDs. Of pods that are equal in all
// that counts upstream deletes whichever its cache happens to list first.
type byUID struct{ cache.Indexer }

// ByIndex implements cache.Indexer.
func (x byUID) ByIndex(name, value string) ([]any, error) {
	list, err := x.Indexer.ByIndex(name, value)
	slices.SortFunc(list, func(a, b any) int { return cmp.Compare(a.(*v1.Pod).UID, b.(*v1.Pod).UID) })
	return list, err
}
