package metrics

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// Config says which metrics there are and how old they are.
type Config struct {
	MetricsServer metricsserver.Config
	// Monitoring is DefaultMonitoring when it is zero.
	Monitoring Monitoring
	// Metrics are those that have values of their own; others have those of Set.
	Metrics []Metric
}

// Machines is what can be read of a pod on its node.
type Machines interface {
	// Taken reports whether the kubelet has taken the pod, whatever came of it.
	Taken(p *apiserver.Pod) bool
	// Heard reports whether the pod's node is there and up.
	Heard(p *apiserver.Pod) bool
	// Containers are those of a pod that is taken. looker hears of them before they
	// change.
	Containers(p *apiserver.Pod, looker kubelet.Looker) metricsserver.Source
	// Throttled is for how many seconds all containers, in their order, have stood
	// still at their CPU limits. It is asked of pods that are taken.
	Throttled(p *apiserver.Pod, now sim.Time) float64
}

// Instances are the servers in the containers of pods.
type Instances interface {
	// Instance is the server in a container, nil when that has none.
	Instance(p *apiserver.Pod, container string) *load.Instance
}

// Sources are where the values come from.
type Sources struct {
	Machines  Machines
	Instances Instances
	// Network has the Services and the queues.
	Network *load.Network
	// Queue is the message queue of a name, nil when there is none.
	Queue func(name string) *load.Service
	// Autoscaled are the workloads that autoscalers refer to, as records name them;
	// nil when there is no autoscaler, and then nobody asks for their use. They are the
	// same as long as the version is.
	Autoscaled func() (workloads map[string]bool, version int)
}

// APIs are the three metrics APIs and what stands behind them.
type APIs struct {
	// Sources may be completed until Start, but New needs the Network.
	Sources
	store  *apiserver.Store
	config Config

	set      map[string]int64 // what steps gave, by namespace and name, in thousandths
	external []externalAnswer

	resources resources

	relists  sim.Timer // of the adapter
	measured []*measured
	names    map[string][]*measured // by namespace and name
}

// externalAnswer is manager.ExternalAnswer.
type externalAnswer = func(now sim.Time, namespace, name string, selector labels.Selector) (
	milli int64, answered bool, err error,
)

// New returns the APIs of a cluster. It comes before the Services, queues and
// servers of the Network, which learn from it what to count.
func New(store *apiserver.Store, config Config, sources Sources) *APIs {
	if config.Monitoring == (Monitoring{}) {
		config.Monitoring = DefaultMonitoring()
	}
	a := &APIs{
		Sources: sources, store: store, config: config,
		set: map[string]int64{}, names: map[string][]*measured{},
	}
	a.resources.looked = map[types.UID]*metricsserver.Pod{}
	a.resources.scrapes.Init(store.Loop, sim.PhaseObserve, a.scrape)
	a.relists.Init(store.Loop, sim.PhaseObserve, a.relist)
	for i := range config.Metrics {
		a.measure(&config.Metrics[i])
	}
	return a
}

// Start begins to scrape what is there from the beginning. The phases are a
// matter of chance, as those of real ones are.
func (a *APIs) Start(sim.Time) {
	if resolution := a.config.MetricsServer.Resolution; resolution > 0 {
		a.resources.scrapes.Set(a.phase("metrics-server", "scrape", resolution))
	}
	exposed := false
	for _, m := range a.measured {
		if !m.exposed {
			continue
		}
		exposed = true
		if m.source.Workload == "" {
			m.watch(0, nil)
		}
	}
	if exposed {
		a.relists.Set(a.phase("prometheus-adapter", "relist", a.config.Monitoring.RelistInterval))
	}
}

// phase is an instant within the first period.
func (a *APIs) phase(subsystem, what string, period time.Duration) sim.Time {
	return sim.Time(a.store.Streams.Get(subsystem, what).Int64N(int64(period)))
}

// Close implements manager.Component. Nothing is left to tell.
func (a *APIs) Close(sim.Time) {}

// Taken tells that a kubelet has taken a pod, whose address Prometheus learns.
func (a *APIs) Taken(now sim.Time, p *apiserver.Pod) {
	for _, m := range a.measured {
		if m.source.Workload == p.Workload && p.Workload != "" {
			m.watch(now, p)
		}
	}
	if a.config.MetricsServer.Instant() {
		a.look(now, p)
	} else {
		a.resources.arrived = append(a.resources.arrived, p)
	}
}

// Gone tells that a pod is about to leave the API.
func (a *APIs) Gone(p *apiserver.Pod) {
	if looked := a.resources.looked[p.Object().UID]; looked != nil {
		looked.Stop(a.store.Now())
		delete(a.resources.looked, p.Object().UID)
	}
}

// Set gives a custom or external metric a value in thousandths, which stands
// above all others from then on.
func (a *APIs) Set(namespace, name string, milli int64) { a.set[kinds.Key(namespace, name)] = milli }

// External implements manager.Metrics.
func (a *APIs) External(answer externalAnswer) { a.external = append(a.external, answer) }

// Messages implements manager.Metrics.
func (a *APIs) Messages(queue string) (waiting, unacknowledged int64, known bool) {
	s := a.Queue(queue)
	if s == nil {
		return 0, 0, false
	}
	there, taken := s.Messages()
	return int64(there), int64(taken), true
}

// Value implements manager.Metrics. Prometheus is asked without its adapter, which
// may not know the metric yet.
func (a *APIs) Value(now sim.Time, namespace, name string) (value float64, set bool, series int) {
	k := kinds.Key(namespace, name)
	if milli, set := a.set[k]; set {
		return float64(milli) / 1000, true, 1
	}
	for _, m := range a.names[k] {
		milli, has := m.total(now)
		switch {
		case !has:
			continue
		case m.source.Total == Single:
			series += m.series(now)
		default:
			series = 1
		}
		value += float64(milli) / 1000
	}
	return value, false, series
}
