package build

import (
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// section reads one section of the scenario and keeps its faults. It holds back
// those about a value that could not be read, which was said. Where a section it
// rests on has faults it holds back what is unmatched, too.
func (b *builder) section(name string, read func(), restsOn ...string) {
	before := len(b.List)
	read()
	shaky := false
	for _, section := range restsOn {
		shaky = shaky || b.shaky[section]
	}
	kept := b.List[:before:before]
	for _, f := range b.List[before:] {
		about := f.File == b.File && b.broken(f.Field)
		if !about && !(shaky && f.Kind == wire.Unmatched) {
			kept = append(kept, f)
		}
	}
	if b.List = kept; len(kept) > before && name == "manifests" {
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

// sections are the members of a scenario that are read one by one, and may be
// passed over.
var sections = []string{
	"cluster", "customKinds", "manifests", "timeline", "externals", "workloads", "queues", "traffic", "metrics", "absent",
	"expect", "silence",
}

// beside are the members and flags besides sections.
var beside = []string{"name", "description", "seed", "replications", "startTime", "duration", "--set", "--rps",
	"--duration", "--replications"}

// otherSteps are the members of a step that bring no objects and no nodes.
var otherSteps = []string{
	"at", "delete", "scale", "setImage", "setMetric", "setResources", "rollout", "cordon", "drain", "uncordon", "taint",
	"nodeFail", "nodeShutdown", "nodeRecover", "nodeRemove", "podKill",
}

// passOver notes what could not be read, and which sections others can't rest
// on; false when it is not clear what was meant.
func (b *builder) passOver() bool {
	b.shaky = map[string]bool{}
	unknown := false
	for _, f := range b.List {
		section := f.Section()
		switch {
		case slices.Contains(sections, section):
			b.shaky[section] = true
		case slices.Contains(beside, f.Field):
			b.shaky["duration"] = b.shaky["duration"] || f.Field == "duration"
		case f.Kind == wire.Unknown: // which may have been meant for any
			unknown = true
		default:
			return false
		}
		b.unread = append(b.unread, f.Field)
	}
	b.shaky["timeline"] = slices.ContainsFunc(b.unread, bringsObjects)
	for _, section := range append([]string{"duration"}, sections...) {
		b.shaky[section] = b.shaky[section] || unknown
	}
	return true
}

// bringsObjects reports whether a field is of a step that could bring objects or
// nodes.
func bringsObjects(field string) bool {
	step, is := strings.CutPrefix(field, "timeline")
	if !is {
		return false
	}
	_, member, _ := strings.Cut(step, "].")
	return !slices.Contains(otherSteps, wire.Member(member))
}
