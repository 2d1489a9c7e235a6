package build

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/preset"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// preset fills in what a workload leaves out, and states each value.
func (b *builder) preset(at string, w *wire.Workload) {
	if w.Preset == "" {
		return
	}
	p, known := preset.All[w.Preset]
	if !known {
		b.fault(at+".preset", "must be one of %s, got %.60q", strings.Join(preset.Names(), ", "), w.Preset)
		return
	}
	var from wire.Workload
	node := p.Read(&from)
	if s := w.Service; s != nil && (s.Steps != nil || s.Model != nil) {
		from.Service.Time, from.Service.CPU = nil, nil
	}
	taken := wire.Fill(reflect.ValueOf(w).Elem(), reflect.ValueOf(from), "", nil)
	if w.Service.Time == nil && w.Service.Steps == nil && w.Service.Model == nil {
		w.Service = nil // it says nothing of requests
	}
	var assumed []string
	for _, v := range preset.Leaves(node, "") {
		switch source := p.Sources[v.Path]; {
		case w.Service == nil && strings.HasPrefix(v.Path, "service."):
		case !slices.ContainsFunc(taken, func(t string) bool { return v.Path == t || strings.HasPrefix(v.Path, t+".") }):
		case source == "":
			assumed = append(assumed, v.Path+" "+v.Text)
		default:
			b.assumption("preset %s: %s %s: %s", w.Preset, v.Path, v.Text, source)
		}
	}
	if len(assumed) > 0 {
		b.assumption("preset %s: assumed without a source: %s", w.Preset, strings.Join(assumed, ", "))
	}
	if p.More != "" && w.Model == nil {
		b.assumption("preset %s: %s", w.Preset, p.More)
	}
}
