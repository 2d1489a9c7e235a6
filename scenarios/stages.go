package scenarios

import (
	"regexp"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// build makes the Spec, section by section. What could not be read of a section
// is passed over, so that the faults of all the others are told at once.
func (b *builder) build(s *Scenario) *cluster.Spec {
	b.spec = b.newSpec()
	b.spec.Name, b.spec.Description = s.Name, s.Description
	b.section("", func() { b.general(s) })
	b.section("cluster", func() {
		b.control(&s.Cluster)
		b.eviction(&s.Cluster.Kubelet)
	})
	b.section("manifests", func() { b.load(s.Manifests) })
	b.section("cluster", func() { b.machines(&s.Cluster) })
	b.section("absent", func() { b.absent(s.Absent) })
	b.section("timeline", func() { b.timeline(s.Timeline) }, "timeline", "manifests", "cluster", "duration")
	b.section("externals", func() { b.externals(s.Externals) }, "manifests")
	objects := []string{"manifests", "timeline"}
	b.section("workloads", func() {
		b.workloads(s.Workloads)
		b.refuseCycles()
	}, append(objects, "cluster", "externals", "queues", "traffic")...)
	b.section("queues", func() { b.queues(s.Queues) }, append(objects, "workloads")...)
	b.section("traffic", func() { b.traffic(s.Traffic) }, append(objects, "workloads", "queues")...)
	b.section("metrics", func() { b.metrics(s.Metrics) }, append(objects, "cluster", "workloads", "queues", "traffic")...)
	b.section("", b.scaledObjects, append(objects, "queues", "metrics")...)
	b.section("expect", func() { b.expect(s.Expect) }, append(objects, "cluster", "externals", "workloads", "queues", "traffic", "metrics")...)
	b.section("", b.assume, append(objects, "cluster", "externals", "workloads", "queues", "traffic", "metrics")...)
	return b.spec
}

// lookups matches faults that may come of something else having faults: what is
// named is not there, or not known.
var lookups = regexp.MustCompile(`^must (?:name |match |call a|be another|be within|be at least twice|be that of|be namespace/|be an? (?:container|node|pool|port|workload|Service)|` +
	`have a (?:value|service|container)|have memory|be one of (?:queues|externals|traffic)|be nodes of new names|be the )`)

// subjects are the fields of expectations that name an object.
var subjects = regexp.MustCompile(`^expect\[\d+\]\.of$`)

// section reads one section of the scenario. Its faults are kept but for those
// about a value that was not readable, and those that may come of sections it
// rests on having faults themselves.
func (b *builder) section(name string, read func(), restsOn ...string) {
	before := len(b.list)
	read()
	shaky := false
	for _, section := range restsOn {
		shaky = shaky || b.shaky[section]
	}
	kept := b.list[:before:before]
	for _, f := range b.list[before:] {
		about := f.File == b.file && b.broken(f.Field)
		lookup := name == "" || lookups.MatchString(f.Message) || subjects.MatchString(f.Field)
		if !about && !(shaky && lookup) {
			kept = append(kept, f)
		}
	}
	if b.list = kept; len(kept) > before && name == "manifests" {
		b.shaky[name] = true // objects that have faults can't be found
	}
}

// broken reports whether a value, a part of it or what it is a part of could not
// be read.
func (b *builder) broken(at string) bool {
	for _, field := range b.unread {
		if at == field || under(field, at) || under(at, field) {
			return true
		}
	}
	return false
}

// under reports whether a path leads further than another.
func under(path, outer string) bool {
	rest, is := strings.CutPrefix(path, outer)
	return is && outer != "" && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// otherSteps matches what can be wrong with a step that brings no objects.
var otherSteps = regexp.MustCompile(`^timeline\[\d+\]\.(?:at|delete|scale|setImage|setMetric|setResources|rollout|cordon|drain|uncordon|taint|nodeFail|nodeRecover|nodeRemove|podKill)\b`)

// sections are those whose parts may be passed over.
var sections = regexp.MustCompile(`^(?:cluster|manifests|absent|timeline|externals|workloads|queues|traffic|metrics|expect)\b`)

// scalars are the fields beside them.
var scalars = regexp.MustCompile(`^(?:name|description|seed|replications|startTime|duration|--set|--rps)$`)

// passOver notes what could not be read, and which sections others can't rest
// on; false when it is not clear what was meant.
func (b *builder) passOver() bool {
	b.shaky = map[string]bool{}
	unknown := false
	for _, f := range b.list {
		section := sections.FindString(f.Field)
		switch {
		case section != "" || scalars.MatchString(f.Field):
		case strings.HasPrefix(f.Message, "unknown field"): // which may have been meant for any
			unknown = true
		default:
			return false
		}
		b.unread = append(b.unread, f.Field)
		b.shaky[section] = true
		if f.Field == "duration" {
			b.shaky["duration"] = true
		}
	}
	b.shaky["timeline"] = false
	if unknown {
		for _, section := range []string{"cluster", "manifests", "timeline", "externals", "workloads", "queues", "traffic", "metrics", "duration"} {
			b.shaky[section] = true
		}
	}
	for _, field := range b.unread {
		if strings.HasPrefix(field, "timeline") && !otherSteps.MatchString(field) {
			b.shaky["timeline"] = true // a step that could bring objects or nodes
		}
	}
	return true
}
