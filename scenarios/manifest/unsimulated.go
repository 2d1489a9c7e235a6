package manifest

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-rehearse/rehearse/scenarios/ledger"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// unsimulated are the fields of an object, as it was written, that a real cluster
// acts on and the simulation does not.
func unsimulated(source Source, gvk schema.GroupVersionKind, o runtime.Object) []record.Ignored {
	var list []record.Ignored
	for _, use := range ledger.Unsimulated(o, scheme.Default) {
		m, err := apimeta.Accessor(o)
		if err != nil {
			return nil
		}
		list = append(list, record.Ignored{
			Object: Visible(nameOf(gvk.Kind, m.GetNamespace(), m.GetName())),
			Source: fmt.Sprintf("%s:%d", source.File, source.Lines.Of(use.Path)),
			Field:  source.Lines.Written(use.Path), Reason: use.Row.Text, Unsimulated: true,
		})
	}
	return list
}

// describedPods is where a foreign object describes pods.
type describedPods struct {
	spec     string // path of what has a list of containers
	replicas string // path of their number, beside it or above, "" for none
	number   string
}

// podsOf says where a foreign object describes pods.
func podsOf(o map[string]any) []describedPods {
	var found []describedPods
	var walk func(v any, at describedPods)
	walk = func(v any, at describedPods) {
		switch v := v.(type) {
		case map[string]any:
			if n, is := v["replicas"].(float64); is {
				at.replicas, at.number = at.spec+".replicas", strconv.FormatFloat(n, 'f', -1, 64)
			}
			if isContainers(v["containers"]) {
				found = append(found, at)
				return
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], describedPods{at.spec + "." + key, at.replicas, at.number})
			}
		case []any:
			for i, element := range v {
				walk(element, describedPods{fmt.Sprintf("%s[%d]", at.spec, i), at.replicas, at.number})
			}
		}
	}
	walk(o, describedPods{})
	return found
}

func (d describedPods) String() string {
	text := strings.TrimPrefix(d.spec, ".")
	if d.number != "" {
		text += " (replicas " + d.number + ")"
	}
	return text
}

// entry is what customKinds of a scenario needs to simulate them.
func (d describedPods) entry(gvk schema.GroupVersionKind) string {
	template := strings.TrimSuffix(d.spec, ".spec")
	if template == "" { // .spec is a spec of pods itself
		template = d.spec
	}
	paths := "template: " + flow(template)
	if d.replicas != "" {
		paths += ", replicas: " + flow(d.replicas)
	}
	return fmt.Sprintf("customKinds: [{kind: %s, apiVersion: %s, %s}]", gvk.Kind, gvk.GroupVersion(), paths)
}

// flow is a path as a mapping in braces can hold it.
func flow(path string) string {
	if strings.ContainsAny(path, "[]{},:\"' ") {
		return strconv.Quote(path)
	}
	return path
}

// isContainers reports whether a value is a list of containers: objects with an
// image, or at least with a name of theirs.
func isContainers(v any) bool {
	list, is := v.([]any)
	return is && len(list) > 0 && !slices.ContainsFunc(list, func(element any) bool {
		c, is := element.(map[string]any)
		if !is {
			return true
		}
		_, image := c["image"].(string)
		_, name := c["name"].(string)
		return !image && !name
	})
}

// missingPods says which pods are missing because nothing knows their kind, and what
// a scenario has to say for them to be simulated; "" for none.
func missingPods(gvk schema.GroupVersionKind, data []byte) string {
	o := map[string]any{}
	if err := stdjson.Unmarshal(data, &o); err != nil {
		return ""
	}
	delete(o, "status")
	places := podsOf(o)
	if len(places) == 0 {
		return ""
	}
	var list []string
	for _, p := range places {
		list = append(list, p.String())
	}
	text := list[0]
	if last := len(list) - 1; last > 0 {
		text = strings.Join(list[:last], ", ") + " and " + list[last]
	}
	text = "the pods of its " + text + " are missing; a scenario makes "
	if len(places) > 1 {
		text += "the first of "
	}
	return text + "them with " + places[0].entry(gvk)
}
