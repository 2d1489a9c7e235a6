package build

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/settings"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/keda"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// Defaults of what a scenario leaves out.
const (
	defaultDuration       = time.Hour
	defaultReplications   = 5
	defaultSeed           = 1
	defaultImageBandwidth = 100 << 20 // bytes per second, about a gigabit
	maxReplications       = 10_000
)

// builder turns what was read into a Spec.
type builder struct {
	*wire.Faults
	lines     manifest.Lines
	folder    string
	options   Options
	manifests manifest.Options

	spec       *cluster.Spec
	objects    objects.Index
	stated     map[string]bool // assumptions
	storage    wire.Storage
	devices    wire.Devices
	withTokens map[string]bool // streams whose requests say what they ask of a model
	pools      []nodes.Pool

	routed, hooked []types.NamespacedName // Services that routes lead to, and that webhooks name
	rates          []givenRate
	entered        []entered                         // the streams of --rps
	direct         map[cluster.ObjectRef]*v1.Service // those that lead to the pods of workloads, made for requests
	inGraph        map[cluster.ObjectRef]bool        // what calls others so, or is called; nil before it is looked at
	calls          map[string][]string               // that undescribed containers are taken to make, nil for none

	described []wire.Workload // the entries of workloads
	entries   []int           // which of them each of spec.Workloads comes from; shorter, as assumed ones follow

	joining    map[int]cluster.NodeAdd // by the step's index
	schedulers []string                // names of the scheduler's profiles; nil is the default one

	unread []string        // fields that could not be read
	shaky  map[string]bool // sections with some of them, on which others can't rest
}

// fault notes a fault at a field of the scenario that is wrong whatever the rest
// says.
func (b *builder) fault(field, format string, arguments ...any) {
	b.Add(b.lines.Of(field), field, format, arguments...)
}

// unmatched notes a fault at a field that does not fit what another one says.
func (b *builder) unmatched(field, format string, arguments ...any) {
	b.Put(wire.Unmatched, b.lines.Of(field), field, format, arguments...)
}

// refuse notes an error about a field.
func (b *builder) refuse(field string, err error) {
	var m objects.Missing
	if errors.As(err, &m) {
		b.unmatched(field, "%s", err)
		return
	}
	b.fault(field, "%s", err)
}

// path resolves a path of the scenario file.
func (b *builder) path(p string) string {
	switch {
	case p == manifest.Stdin || filepath.IsAbs(p):
		return p
	case b.options.FS != nil:
		return path.Join(filepath.ToSlash(b.folder), p)
	}
	return filepath.Join(b.folder, p)
}

// newSpec is a Spec with every default.
func (b *builder) newSpec() *cluster.Spec {
	spec := &cluster.Spec{
		Extensions: append([]cluster.Extension{keda.Extension()}, b.options.Extensions...),
		Seed:       defaultSeed, Replications: defaultReplications, Duration: defaultDuration,
		Pools: map[string]string{}, USDPerHour: map[string]float64{},
		Autoscaler: hpa.DefaultConfig(), NodeLifecycle: nodelifecycle.DefaultConfig(), Controllers: manager.DefaultConfig(),
		MetricsServer: metricsserver.DefaultConfig(), Monitoring: cluster.DefaultMonitoring(),
		Eviction: kubelet.DefaultEviction(), Runtime: kubelet.DefaultRuntime(),
		Latencies: cluster.DefaultLatencies(), ImageBandwidth: defaultImageBandwidth, SerializePulls: true,
	}
	spec.Scheduler.Exact = b.options.ExactScheduling
	if b.options.Seed != nil {
		spec.Seed = *b.options.Seed
	}
	return spec
}

// flags holds flags to the bounds of the fields that they stand for.
func (b *builder) flags() {
	o := b.options
	b.rates = b.givenRates()
	if o.Duration < 0 || o.Duration > wire.MaxDuration {
		b.Add(0, "--duration", "must be from 0 to a year, got %s", o.Duration)
	}
	if after := o.LoadAfter; after != nil && *after > wire.MaxDuration {
		b.Add(0, "--load-after", "must be from 0 to a year, got %s", *after)
	}
	if n := o.Replications; n < 0 || n > maxReplications {
		b.Add(0, "--replications", "must be from 1 to %d, got %d", maxReplications, n)
	}
}

// general sets seed, replications and duration; flags win.
func (b *builder) general(s *wire.Scenario) {
	if s.Seed != nil && b.options.Seed == nil {
		b.spec.Seed = *s.Seed
	}
	if s.Replications != nil {
		b.spec.Replications = *s.Replications
	}
	if b.options.Replications > 0 {
		b.spec.Replications = b.options.Replications
	}
	if n := b.spec.Replications; b.options.Replications == 0 && (n < 1 || n > maxReplications) {
		b.fault("replications", "must be from 1 to %d, got %d", maxReplications, n)
	}
	if s.StartTime != nil {
		b.spec.Start = time.Time(*s.StartTime)
	}
	if s.Duration != nil {
		b.spec.Duration = time.Duration(*s.Duration)
	}
	if b.options.Duration > 0 {
		b.spec.Duration = b.options.Duration
	}
	if b.spec.Duration <= 0 {
		b.fault("duration", "must be positive, got %s", b.spec.Duration)
	}
}

// control sets the scheduler and the settings of all others.
func (b *builder) control(c *wire.Cluster) {
	settings.Read(c, b.spec, b.fault)
	b.storage, b.devices = c.Storage, c.Devices
	if c.Scheduler != nil {
		b.scheduler(c.Scheduler)
	}
}

func (b *builder) absent(list []wire.Absent) {
	for i, a := range list {
		if b.broken(fmt.Sprintf("absent[%d]", i)) {
			continue
		}
		if a.Kind != "Secret" && a.Kind != "ConfigMap" {
			b.fault(fmt.Sprintf("absent[%d].kind", i), "must be Secret or ConfigMap, got %.60q", a.Kind)
			continue
		}
		b.spec.Absent = append(b.spec.Absent, objects.Ref(a.Kind, b.namespace(a.Namespace), a.Name))
	}
}

func (b *builder) namespace(given string) string {
	switch {
	case given != "":
		return given
	case b.options.Namespace != "":
		return b.options.Namespace
	}
	return "default"
}
