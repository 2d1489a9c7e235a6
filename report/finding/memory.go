package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// findShortages tells of nodes whose containers together needed more memory
// than they had.
func findShortages(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		s := w.Shortages
		if !s.Any() {
			return nil
		}
		what := ""
		switch {
		case s.SystemKills == 0:
			what = words.CountOf(int(s.Evicted), "pod") + " evicted"
		case s.Evicted == 0:
			what = words.CountOf(int(s.SystemKills), "container") + " killed by the kernel"
		default:
			what = fmt.Sprintf("%s evicted and %s killed by the kernel", words.CountOf(int(s.Evicted), "pod"),
				words.CountOf(int(s.SystemKills), "container"))
		}
		node := f.result.Nodes[s.Node]
		memory := node.Memory
		if s.Lost > 0 {
			what += fmt.Sprintf(", and %s in flight lost with them,", words.Requests(s.Lost))
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"%s%s, since the containers of a node together needed more memory than it has: on %s requests add up to %s and limits to %s of %s allocatable.",
				what, f.inRuns(w.ShortageRuns), s.Node, words.Bytes(memory.Requests), words.Bytes(memory.Limits),
				words.Bytes(node.Allocatable.Memory)),
			Change: "Raise requests.memory to what the containers use, so that fewer of them share a node, or lower limits.memory towards the requests.",
		}}
	})
}

// findGPUShortages tells of processes that found too little memory left on a
// GPU that they share.
func findGPUShortages(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, name := range slices.Sorted(maps.Keys(w.Evidence.GPUOOM)) {
			t := w.Evidence.GPUOOM[name]
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"container %s exited %s with CUDA out of memory%s: time-slicing keeps no container from the memory of the others on its GPU.",
					name, words.Times(t.N), f.inRuns(t.Runs)),
				Change: "Lower --gpu-memory-utilization until all that share a GPU take less than all of its memory together, share each GPU among fewer, or cut it into MIG slices.",
			})
		}
		return all
	})
}
