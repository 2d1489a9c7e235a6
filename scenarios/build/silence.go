package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// silenceAnnotation names findings of an object that are wanted as they are, separated
// by commas.
const silenceAnnotation = "rehearse.dev/silence"

// silences reads which findings nobody wants to hear of: those of the scenario, then
// those that objects are annotated with.
func (b *builder) silences(list []wire.Silence) {
	for i, s := range list {
		at := fmt.Sprintf("silence[%d]", i)
		if b.broken(at) || s.Rule == "" {
			continue // which was said
		}
		if why := unknownRule(s.Rule); why != "" {
			b.fault(at+".rule", "%s", why)
		}
		object := ""
		switch name, external := strings.CutPrefix(s.Of, "External/"); {
		case external:
			if object = "External " + name; !b.external(name) {
				b.unmatched(at+".of", "must be one of externals, got %.80q", s.Of)
			}
		case s.Of != "":
			r, err := b.objects.Find(s.Of, b.namespace(s.Namespace))
			if err != nil {
				b.refuse(at+".of", err)
				continue
			}
			object = objects.NameOf(b.objects.ByName[r].Object)
		}
		b.spec.Silences = append(b.spec.Silences, record.Silence{Rule: s.Rule, Object: object, Because: s.Because,
			Source: fmt.Sprintf("%s:%d", b.File, b.lines.Of(at))})
	}
	for _, r := range b.objects.Order {
		o := b.objects.ByName[r]
		text, annotated := objects.AnnotationsOf(o.Object)[silenceAnnotation]
		if !annotated {
			continue
		}
		field := "metadata.annotations"
		line := o.Source.Lines.Of(field + "[" + silenceAnnotation + "]")
		for _, rule := range strings.Split(text, ",") {
			rule = strings.TrimSpace(rule)
			if why := unknownRule(rule); why != "" {
				b.AddError(wire.Error{File: o.Source.File, Line: line, Field: field + "[" + silenceAnnotation + "]", Message: why})
			}
			b.spec.Silences = append(b.spec.Silences, record.Silence{Rule: rule, Object: objects.NameOf(o.Object),
				Source: fmt.Sprintf("%s:%d", o.Source.File, line)})
		}
	}
}

// unknownRule says what is wrong with the name of a finding, "" when there is one of it.
func unknownRule(name string) string {
	if slices.Contains(record.Rules, name) {
		return ""
	}
	return fmt.Sprintf("must be the name of a finding, got %.60q%s", name, wire.DidYouMean(name, record.Rules))
}
