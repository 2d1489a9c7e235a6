package manifest

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
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
			Field:  use.Path, Reason: use.Row.Text, Unsimulated: true,
		})
	}
	return list
}

// podsOf says where a foreign object describes pods: the fields that hold a list
// of containers, with the number of replicas beside it or above, if one is given.
func podsOf(o map[string]any) []string {
	var found []string
	var walk func(v any, path, replicas string)
	walk = func(v any, path, replicas string) {
		switch v := v.(type) {
		case map[string]any:
			if n, is := v["replicas"].(float64); is {
				replicas = strconv.FormatFloat(n, 'f', -1, 64)
			}
			if isContainers(v["containers"]) {
				of := strings.TrimPrefix(path, ".")
				if replicas != "" {
					of += " (replicas " + replicas + ")"
				}
				found = append(found, of)
				return
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], path+"."+key, replicas)
			}
		case []any:
			for i, element := range v {
				walk(element, fmt.Sprintf("%s[%d]", path, i), replicas)
			}
		}
	}
	walk(o, "", "")
	return found
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

// missingPods says which pods are missing because nothing knows their kind, "" for
// none.
func missingPods(data []byte) string {
	o := map[string]any{}
	if err := stdjson.Unmarshal(data, &o); err != nil {
		return ""
	}
	delete(o, "status")
	switch places := podsOf(o); len(places) {
	case 0:
		return ""
	case 1:
		return "the pods of its " + places[0] + " are missing"
	default:
		return "the pods of its " + strings.Join(places[:len(places)-1], ", ") + " and " + places[len(places)-1] + " are missing"
	}
}

// unclaim takes the devices that pods claim from them, which is told: nothing makes
// the claims, and the scheduler would wait for them.
func unclaim(spec *v1.PodSpec) {
	spec.ResourceClaims = nil
	for _, list := range [][]v1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			list[i].Resources.Claims = nil
		}
	}
}
