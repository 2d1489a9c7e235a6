package build

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// scheduler reads a KubeSchedulerConfiguration and starts a scheduler with it:
// what it refuses at its start is a fault of the input.
func (b *builder) scheduler(m *wire.Manifest) {
	data, err := b.bytes(m)
	if err != nil {
		b.fault("cluster.scheduler", "%s", err)
		return
	}
	if err := manifest.CheckYAML(b.path(m.Path), data); err != nil {
		b.AddError(err)
		return
	}
	b.spec.Scheduler, err = sched.LoadConfig(data)
	b.spec.Scheduler.Exact = b.options.ExactScheduling
	if err == nil {
		b.schedulers, err = b.spec.Scheduler.Check()
	}
	if err == nil {
		return
	}
	lines := manifest.NewLines(data, 0)
	for _, text := range strings.Split(err.Error(), "\n") {
		if m.Inline != nil {
			b.fault("cluster.scheduler", "%s", text)
			continue
		}
		b.schedulerFault(b.path(m.Path), lines, text)
	}
}

// onField matches a fault of the scheduler that begins with the path of a field.
var onField = regexp.MustCompile(`^([a-z][A-Za-z]*(?:\[\d+\]|\.[a-z][A-Za-z]*)*): (.*)$`)

// schedulerFault notes a fault at its field in the file of the configuration.
func (b *builder) schedulerFault(file string, lines manifest.Lines, text string) {
	fault := wire.Error{File: file, Line: lines.Of("profiles"), Message: text}
	if m := onField.FindStringSubmatch(text); m != nil && m[1] != "scheduler" {
		fault = wire.Error{File: file, Line: lines.Of(m[1]), Field: m[1], Message: m[2]}
	}
	b.AddError(fault)
}

// assumeScheduler states that pods wait for a scheduler that does not run.
func (b *builder) assumeScheduler(t objects.Template) {
	name := t.Spec.SchedulerName
	if b.schedulers == nil {
		b.schedulers = []string{"default-scheduler"}
	}
	if name != "" && !slices.Contains(b.schedulers, name) {
		b.assumption("%s: no scheduler of the name %q runs (cluster.scheduler has %s), so its pods stay Pending", t.Key(),
			name, strings.Join(b.schedulers, ", "))
	}
}
