package scenarios

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/sched"
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
	*faults
	lines     manifest.Lines
	folder    string
	options   Options
	manifests manifest.Options

	spec       *cluster.Spec
	objects    index
	stated     map[string]bool // assumptions
	withTokens map[string]bool // streams whose requests say what they ask of a model
	pools      []nodes.Pool
	joining    map[int]cluster.NodeAdd // by the step's index

	unread []string        // fields that could not be read
	shaky  map[string]bool // sections with some of them, on which others can't rest
}

// fault notes a fault at a field of the scenario.
func (b *builder) fault(field, format string, arguments ...any) {
	b.add(b.lines.Of(field), field, format, arguments...)
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
		Seed: defaultSeed, Replications: defaultReplications, Duration: defaultDuration,
		Pools: map[string]string{}, USDPerHour: map[string]float64{},
		Autoscaler: hpa.DefaultConfig(), NodeLifecycle: nodelifecycle.DefaultConfig(), Controllers: manager.DefaultConfig(), MetricsServer: metricsserver.DefaultConfig(), Monitoring: cluster.DefaultMonitoring(),
		Eviction:  kubelet.DefaultEviction(),
		Latencies: cluster.DefaultLatencies(), ImageBandwidth: defaultImageBandwidth, SerializePulls: true,
	}
	if b.options.Seed != nil {
		spec.Seed = *b.options.Seed
	}
	return spec
}

// general sets seed, replications and duration; flags win.
func (b *builder) general(s *Scenario) {
	if s.Seed != nil && b.options.Seed == nil {
		b.spec.Seed = *s.Seed
	}
	if s.Replications != nil {
		b.spec.Replications = *s.Replications
	}
	if b.options.Replications > 0 {
		b.spec.Replications = b.options.Replications
	}
	if n := b.spec.Replications; n < 1 || n > maxReplications {
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

// control sets the scheduler and the delays.
func (b *builder) control(c *Cluster) {
	l := &b.spec.Latencies
	for _, pair := range []struct {
		from *Duration
		to   *time.Duration
	}{
		{c.Latencies.Deployment, &l.Deployment}, {c.Latencies.ReplicaSet, &l.ReplicaSet}, {c.Latencies.StatefulSet, &l.StatefulSet}, {c.Latencies.DaemonSet, &l.DaemonSet}, {c.Latencies.Job, &l.Job}, {c.Latencies.CronJob, &l.CronJob}, {c.Latencies.Scheduler, &l.Scheduler},
		{c.Latencies.Kubelet, &l.Kubelet}, {c.Latencies.Disruption, &l.Disruption}, {c.Latencies.ResourceQuota, &l.ResourceQuota}, {c.Latencies.Autoscaler, &l.Autoscaler}, {c.Latencies.Endpoints, &l.Endpoints}, {c.Latencies.Proxy, &l.Proxy},
	} {
		if pair.from != nil {
			*pair.to = time.Duration(*pair.from)
		}
	}
	b.autoscaling(c)
	b.monitoring(c)
	b.nodeLifecycle(&c.ControllerManager)
	b.controllers(&c.ControllerManager)
	if period := c.ControllerManager.QuotaSyncPeriod; period != nil {
		if b.spec.QuotaSyncPeriod = time.Duration(*period); b.spec.QuotaSyncPeriod < time.Second {
			b.fault("cluster.kubeControllerManager.resource-quota-sync-period", "must be at least 1s, got %s", b.spec.QuotaSyncPeriod)
		}
	}
	if c.ImageBandwidth != nil {
		b.spec.ImageBandwidth = float64(*c.ImageBandwidth)
		if b.spec.ImageBandwidth == 0 {
			b.fault("cluster.imageBandwidth", "must be positive, got 0")
		}
	}
	if c.SerializeImagePulls != nil {
		b.spec.SerializePulls = *c.SerializeImagePulls
	}
	if c.Scheduler == nil {
		return
	}
	data, err := b.bytes(c.Scheduler)
	if err == nil {
		b.spec.Scheduler, err = sched.LoadConfig(data)
	}
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			b.fault("cluster.scheduler", "%s", line)
		}
	}
}

// load reads the manifests at the start.
func (b *builder) load(list []Manifest) {
	b.objects = newIndex()
	for _, m := range list {
		set, ok := b.read(m)
		if !ok {
			continue
		}
		b.take(set, m.at)
	}
}

// read reads the manifests of one entry.
func (b *builder) read(m Manifest) (*manifest.Set, bool) {
	if b.broken(m.at) {
		return nil, false // which was said
	}
	if m.Inline != nil {
		var object any
		if err := m.Inline.Decode(&object); err != nil {
			b.fault(m.at, "must be an object: %s", err)
			return nil, false
		}
		set, err := manifest.Inline(b.file, b.lines.At(m.at), object, b.manifests)
		if err != nil {
			b.list = append(b.list, asErrors(err)...)
		}
		return set, err == nil
	}
	set, err := manifest.Read([]string{b.path(m.Path)}, b.manifests)
	if err == nil {
		return set, true
	}
	faults := asErrors(err)
	if len(faults) == 1 && faults[0].Line == 0 && faults[0].Field == "" { // of the path, not of what is there
		b.fault(m.at, "must be a file or a folder of manifests, got %.80q: %s", m.Path, faults[0].Message)
		return nil, false
	}
	b.list = append(b.list, faults...)
	return nil, false
}

// take puts what was read into the Spec.
func (b *builder) take(set *manifest.Set, at string) {
	for _, o := range set.Objects {
		if place, twice := b.objects.add(o); twice {
			b.add(o.Source.Lines.Of("metadata.name"), "metadata.name", "%s: must be unique, stands at %s too", nameOf(o.Object), place)
		}
		b.spec.Objects = append(b.spec.Objects, o.Object)
	}
	addNodes(b.spec, set.Nodes)
	b.spec.Ignored = append(b.spec.Ignored, set.Ignored...)
}

// machines makes the pools and reads the nodes.
func (b *builder) machines(c *Cluster) {
	if len(b.options.Nodes) > 0 {
		b.flagNodes()
		return
	}
	names := map[string]bool{}
	for i, p := range c.Pools {
		at := fmt.Sprintf("cluster.pools[%d]", i)
		if b.broken(at) {
			continue
		}
		if names[p.Name] {
			b.fault(at+".name", "must be unique, got %q twice", p.Name)
		}
		names[p.Name] = true
		pool := p.pool()
		faults := pool.Validate()
		for _, f := range faults {
			b.fault(at+"."+f.Field, "%s", nodes.Fault(f))
		}
		if len(faults) > 0 {
			continue
		}
		list, err := pool.Nodes()
		if err != nil {
			b.fault(at, "%s", err)
			continue
		}
		b.pools = append(b.pools, pool)
		addNodes(b.spec, list)
	}
	for _, m := range c.Nodes {
		if set, ok := b.read(m); ok {
			if len(set.Nodes) == 0 {
				b.fault(m.at, "must hold at least one Node")
			}
			addNodes(b.spec, set.Nodes)
		}
	}
	if len(b.spec.Nodes) == 0 && len(c.Pools)+len(c.Nodes) == 0 {
		b.fault("cluster", "must have at least one pool or node")
	}
	b.uniqueNodes()
}

func (b *builder) uniqueNodes() {
	seen := map[string]bool{}
	for _, n := range b.spec.Nodes {
		if seen[n.Name] {
			b.fault("cluster", "must have nodes of different names, got %q twice", n.Name)
		}
		seen[n.Name] = true
	}
}

// flagNodes makes the pools of --nodes.
func (b *builder) flagNodes() {
	b.spec.Nodes, b.spec.Pools = nil, map[string]string{}
	for _, text := range b.options.Nodes {
		pool, err := nodes.ParsePool(text)
		if err != nil {
			b.add(0, "--nodes", "%s", err)
			continue
		}
		list, err := pool.Nodes()
		if err != nil {
			b.add(0, "--nodes", "%s", err)
			continue
		}
		b.pools = append(b.pools, pool)
		addNodes(b.spec, list)
	}
	b.uniqueNodes()
}

func (b *builder) absent(list []Absent) {
	for i, a := range list {
		if b.broken(fmt.Sprintf("absent[%d]", i)) {
			continue
		}
		if a.Kind != "Secret" && a.Kind != "ConfigMap" {
			b.fault(fmt.Sprintf("absent[%d].kind", i), "must be Secret or ConfigMap, got %.60q", a.Kind)
			continue
		}
		b.spec.Absent = append(b.spec.Absent, objectRef(a.Kind, b.namespace(a.Namespace), a.Name))
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

// timeline reads the steps.
func (b *builder) timeline(list []Step) {
	b.joinNodes(list)
	for i, s := range list {
		at := fmt.Sprintf("timeline[%d]", i)
		if b.broken(at) {
			continue
		}
		action := b.action(at, i, s)
		if action == nil {
			continue
		}
		if t := time.Duration(*s.At); t > b.spec.Duration {
			b.fault(at+".at", "must be within the duration of %s, got %s", b.spec.Duration, t)
		}
		b.spec.Timeline = append(b.spec.Timeline, cluster.Step{At: sim.Time(*s.At), Action: action, Source: fmt.Sprintf("%s:%d", b.file, b.lines.Of(at))})
	}
	sortSteps(b.spec.Timeline)
}

func runtimeObjects(list []manifest.Object) []runtime.Object {
	objects := make([]runtime.Object, len(list))
	for i, o := range list {
		objects[i] = o.Object
	}
	return objects
}
