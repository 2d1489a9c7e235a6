package behaviour

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// written is what a container writes to the disk of its machine, nil for nothing.
func written(w *wire.Written) *storage.Writes {
	if w == nil {
		return nil
	}
	k := &storage.Writes{Logs: growth(w.Logs), Layer: growth(w.WritableLayer)}
	for _, name := range slices.Sorted(maps.Keys(w.EmptyDirs)) {
		g := w.EmptyDirs[name]
		k.EmptyDirs = append(k.EmptyDirs, storage.Volume{Name: name, Growth: growth(&g)})
	}
	return k
}

func growth(g *wire.Growth) storage.Growth {
	if g == nil {
		return storage.Growth{}
	}
	return storage.Growth{Base: Bytes(g.Base), PerSecond: float64(Bytes(g.PerHour)) / 3600,
		PerRequest: Bytes(g.PerRequest)}
}
