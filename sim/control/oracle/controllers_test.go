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
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
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
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/parallelize"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
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
const watchTime = simulated.WatchTime

// callTime is until a write is answered.
const callTime = simulated.CallTime

// cycleTime is what the scheduler takes for one pod; its binding, which runs
// beside, takes the rest of its latency.
const cycleTime = 3 * time.Millisecond

// manager is kube-controller-manager and kube-scheduler.
type manager struct {
	t       *testing.T
	wire    wire
	metrics *metrics
	flags   simulated.Config // of kube-controller-manager: limits of the clients, workers
	// monitorAt is when the monitor of nodes begins to look, every 5 s; collectAt the
	// pod garbage collector and countAt the quota controller.
	monitorAt, collectAt, countAt time.Time

	shared informers.SharedInformerFactory
	runs   []func(context.Context)
	wg     sync.WaitGroup
}

// client is a client of its own, with the limits of its component and writes
// that take some time.
func (m *manager) client(qps float32, burst int, write time.Duration) *kubernetes.Clientset {
	w := m.wire
	w.write = write
	c, err := kubernetes.NewForConfig(&rest.Config{Host: "http://oracle", Transport: http.RoundTripper(w), QPS: qps,
		Burst:         burst,
		ContentConfig: rest.ContentConfig{ContentType: contentType, AcceptContentTypes: contentType}})
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
	dc, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(),
		m.managed(latencies.Deployment))
	require.NoError(m.t, err)
	m.run(workers.Deployment, dc.Run)
	rsc := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), m.managed(latencies.ReplicaSet),
		replicaset.BurstReplicas)
	drive.Set(rsc, "podIndexer", cache.Indexer(byUID{core.Pods().Informer().GetIndexer()}))
	m.run(workers.ReplicaSet, rsc.Run)
	m.run(workers.StatefulSet, statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(),
		core.PersistentVolumeClaims(), apps.ControllerRevisions(), m.managed(latencies.StatefulSet)).Run)
	ds, err := daemon.NewDaemonSetsController(ctx, apps.DaemonSets(), apps.ControllerRevisions(), core.Pods(),
		core.Nodes(), m.managed(latencies.DaemonSet), flowcontrol.NewBackOff(time.Second, 15*time.Minute))
	require.NoError(m.t, err)
	m.run(workers.DaemonSet, ds.Run)
	jc, err := job.NewController(ctx, m.managed(latencies.Job), core.Pods(), batch.Jobs(), nil, nil)
	require.NoError(m.t, err)
	drive.Set(jc, "podStore", corelisters.NewPodLister(byUID{core.Pods().Informer().GetIndexer()}))
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
	dc := disruption.NewDisruptionController(ctx, core.Pods(), m.shared.Policy().V1().PodDisruptionBudgets(),
		core.ReplicationControllers(),
		apps.ReplicaSets(), apps.Deployments(), apps.StatefulSets(), client, mapper(),
		scales{server: m.wire.server, limiter: m.limiter()}, client.Discovery())
	m.run(m.flags.Workers.Disruption, dc.Run)
}

func (m *manager) autoscaler(ctx context.Context, cfg hpa.Config) {
	client := m.managed(latencies.Deployment)
	m.metrics.custom, m.metrics.external = m.limiter(), m.limiter()
	c := podautoscaler.NewHorizontalController(ctx, client.CoreV1(),
		scales{m.wire.server, answerTime, latencies.Deployment - watchTime, m.limiter()}, client.AutoscalingV2(), mapper(),
		m.metrics,
		m.shared.Autoscaling().V2().HorizontalPodAutoscalers(), m.shared.Core().V1().Pods(),
		cfg.SyncPeriod, cfg.DownscaleStabilization, cfg.Tolerance, cfg.CPUInitializationPeriod, cfg.InitialReadinessDelay)
	m.run(m.flags.Workers.HorizontalPodAutoscaler, c.Run)
}

func (m *manager) nodes(ctx context.Context, cfg lifecycle.Config) {
	core := m.shared.Core().V1()
	nc, err := nodelifecycle.NewNodeLifecycleController(ctx, m.shared.Coordination().V1().Leases(), core.Pods(),
		core.Nodes(), m.shared.Apps().V1().DaemonSets(), m.managed(latencies.Deployment),
		cfg.NodeMonitorPeriod, cfg.NodeStartupGracePeriod, cfg.NodeMonitorGracePeriod, cfg.NodeEvictionRate,
		cfg.SecondaryNodeEvictionRate,
		cfg.LargeClusterSizeThreshold, cfg.UnhealthyZoneThreshold)
	require.NoError(m.t, err)
	drive.Set(nc, "nodeLister", corelisters.NodeLister(slowList{core.Nodes().Lister()}))
	te, err := tainteviction.New(ctx, m.managed(latencies.Deployment), core.Pods(), core.Nodes(),
		"taint-eviction-controller")
	require.NoError(m.t, err)
	m.runs = append(m.runs, te.Run, func(ctx context.Context) {
		time.Sleep(time.Until(m.monitorAt))
		nc.Run(ctx)
	})
}

func (m *manager) scheduler(ctx context.Context) {
	client := m.client(schedulerQPS, schedulerBurst, callTime/2)
	factory := scheduler.NewInformerFactory(client, 0, nil)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{
		Interface: m.client(schedulerQPS, schedulerBurst, 0).EventsV1()})
	// Its metrics, which nobody reads, are flushed once, not every second.
	unmeasured, cancel := context.WithCancel(ctx)
	s, err := scheduler.New(unmeasured, client, factory, nil, profile.NewRecorderFactory(broadcaster),
		scheduler.WithParallelism(1))
	require.NoError(m.t, err)
	slowCycles(s)
	deleteSideBySide(s)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	require.NoError(m.t, s.WaitForHandlersSync(ctx))
	cancel()
	m.runs = append(m.runs, func(ctx context.Context) {
		s.Run(ctx)
		broadcaster.Shutdown()
		factory.Shutdown()
	})
}

// slowCycles makes each cycle of the scheduler take some time, as the real one
// does.
func slowCycles(s *scheduler.Scheduler) {
	next := s.NextEntity
	s.NextEntity = func(l klog.Logger) (framework.QueuedEntityInfo, error) {
		entity, err := next(l)
		time.Sleep(cycleTime)
		return entity, err
	}
}

// deleteSideBySide lets the scheduler delete victims by as many workers as it
// usually has; all else one worker does, since the order in which several look at
// the nodes is chance.
func deleteSideBySide(s *scheduler.Scheduler) {
	for _, profile := range s.Profiles {
		for _, p := range drive.Get[[]fwk.PostFilterPlugin](profile, "postFilterPlugins") {
			if p, is := p.(*defaultpreemption.DefaultPreemption); is {
				drive.Set[fwk.Handle](p.Executor, "fh", parallel{drive.Get[fwk.Handle](p.Executor, "fh")})
			}
		}
	}
}

type parallel struct{ fwk.Handle }

// Parallelizer implements fwk.Handle.
func (parallel) Parallelizer() fwk.Parallelizer {
	p := parallelize.NewParallelizer(parallelize.DefaultParallelism)
	return &p
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

// Index implements cache.Indexer.
func (x byUID) Index(name string, o any) ([]any, error) {
	list, err := x.Indexer.Index(name, o)
	slices.SortFunc(list, func(a, b any) int { return cmp.Compare(a.(*v1.Pod).UID, b.(*v1.Pod).UID) })
	return list, err
}
