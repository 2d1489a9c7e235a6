// Package guess says which numbers of a container's description nobody gave, and how
// each is changed to see what depends on it.
package guess

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Of are the numbers of a container that nobody described: of the workload of a key, by
// its description, which has the index entry in the Spec.
func Of(key, container string, w cluster.Workload, entry int) (list []cluster.Guess) {
	note := func(quantity, unit string, value float64, scale func(*cluster.Workload, float64)) {
		if value > 0 {
			list = append(list, cluster.Guess{
				Guess:    record.Guess{Workload: key, Container: container, Quantity: quantity, Value: value, Unit: unit},
				Workload: entry, Scale: scale,
			})
		}
	}
	m := w.Behaviour.Memory
	note(record.MemoryAtRest, "bytes", float64(m.Base), func(w *cluster.Workload, factor float64) {
		w.Behaviour.Memory.Base = int64(float64(m.Base) * factor)
	})
	if d := w.Behaviour.Start; d != nil {
		note(record.TimeToListen, "seconds", d.Mean(), func(w *cluster.Workload, factor float64) {
			w.Behaviour.Start = distribution.Scale(d, factor)
		})
	}
	program := w.Server.Program
	if program == nil {
		return list // which gets no requests
	}
	note(record.MemoryOfRequest, "bytes", float64(m.PerRequest), func(w *cluster.Workload, factor float64) {
		w.Behaviour.Memory.PerRequest = int64(float64(m.PerRequest) * factor)
	})
	work, is := program[0].(load.Work)
	if !is {
		return list
	}
	note(record.TimeOfRequest, "seconds", work.Time.Mean(), func(w *cluster.Workload, factor float64) {
		changeWork(w, func(k *load.Work) { k.Time = distribution.Scale(k.Time, factor) })
	})
	note(record.CPUOfRequest, "cores", work.CPU, func(w *cluster.Workload, factor float64) {
		changeWork(w, func(k *load.Work) { k.CPU *= factor })
	})
	return list
}

// changeWork changes the first step of what a container does for a request.
func changeWork(w *cluster.Workload, change func(*load.Work)) {
	w.Server.Program = slices.Clone(w.Server.Program)
	work := w.Server.Program[0].(load.Work)
	change(&work)
	w.Server.Program[0] = work
}
